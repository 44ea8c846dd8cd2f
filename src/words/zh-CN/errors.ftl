# 每个错误代码一句话；代码表见 src/kernel/error.rs。

error-not-found = 没有找到。
error-method-not-allowed = 此地址不支持这种请求方法。
error-not-acceptable = 无法提供所要求的格式。
error-unsupported-media = 不接受这种类型的内容。
error-quota-full = 您已上传、尚未写入的文件已占满 { $megabytes } MB 的上限，请先写入或放弃其中一些。
error-body-too-large = 内容太大，上限为 { $limit } 字节。
error-body-too-slow = 内容未能及时传完，请检查网络后重试。
error-malformed = 格式不对：{ $reason }。
error-invalid = 有内容需要更正。
error-too-many = 操作太频繁，请在 { $seconds } 秒后再试。
error-busy = 系统繁忙，请稍后再试。
error-broken = 系统出错，我们已记录。错误编号：{ $id }。
error-sign-in-needed = 请先登录。
error-forbidden = 您没有这项权限。
error-cross-site = 请求不是从本站页面发出的，请重新打开页面后再试。
error-wrong-password = 用户名或密码不正确。
error-bad-token = 令牌无效。
error-link-spent = 链接已使用或已过期，请向管理员索取新的链接。
error-password-common = 这个密码太常见，请换一个。
error-passwords-differ = 两次输入的密码不一致。
error-nothing-changes = 没有任何变化，内容与原来相同。请改正有误之处，或返回。
error-key-reused = 这个 Idempotency-Key 已用于另一个请求，请换一个新的再发送。
error-duplicate = 已经存在。
error-stale = 别人刚刚改过，请刷新后再试。
error-wrong-state = { $state ->
    [written] 已经写入，无需再做什么。
    [discarded] 已经放弃，或文件已满一个月而被清除，请重新上传。
    [last-admin] 必须留有一名管理员，请先让另一个账号成为管理员。
    [house-keys] 这一用途的密钥已有一把，再加一把会使联系方式无法读取。
    [serial-keys] 序列号密钥的数量已达上限。
    [postgres] PostgreSQL 中的数据请用它自己的工具 pg_dump 备份。
    [own] 该批次的序列号由本系统生成，不接收外部序列号。
    [foreign] 该批次的序列号来自外部，本系统不为它生成或打印序列号。
    [of-verdict] 这笔费用已按责任认定划转，新版认定取代它时会自动冲回。
    [of-settlement] 这是一笔付款的费用，不能在这里冲销；收回的款项请另记一笔。
    [not-inspected] 这一件还没有检验。请先在工单上登记检验结果。
    [charges-nobody] 没有外部责任方，无须通知，可直接裁定。
    [reply-too-late] 答复截止日是 { $until }，已经过了。
    [legal-hold] 这一件处于法律保全中，解除之前不删除任何内容。
    [lifted] 这项保全已经解除。
    [contested-twice] 已提出过两次异议，以当时的裁定为准。
    [second-inspection] 责任方有异议：须先由另一人复检，才能裁定。
    [no-rules] 没有生效的责任规则。请提出一个版本，由另一人审批。
    [no-working-hours] 还没有工作时间，无法计算答复的工作日。请先添加。
    [withdrawn-evidence] 这条记录已经撤回。
    [charged-back] 有效的扣款单中有这份报告的明细，请先将扣款单作废。
    [nothing-due] 这份报告的明细都已在扣款单中，或没有明细。
    [reply-open] 尚未听取责任方的意见：请先通知，并等待答复或截止日过后再裁定。
    [corrected-later] 之后的报告更正了其中的明细，请先将那一份作废。
   *[other] 目前不能这样做：现在的状态是“{ $state_word }”。
}
error-missing = 必填。
error-too-long = 最多 { $max } 个字符。
error-too-short = 至少 { $min } 个字符。
error-control-character = 含有不可见的控制字符。
error-not-a-number = “{ $value }”不是数字。
error-too-many-decimals = “{ $value }”的小数位太多：{ $max ->
    [0] 这种货币没有小数
   *[other] 最多 { $max } 位
}。
error-not-a-date = “{ $value }”不是日期，请写成 2026-03-31。
error-below-zero = 不能小于零：{ $value }。
error-does-not-apply = { $with ->
    [score] 已经评分时请不要勾选。
    [exclusion] 此处应为空：只有无须理由的权利可以排除；因质量问题享有的权利不能排除。
    [defects] 此处应为空：这类权利不针对特定缺陷。
    [measured] 此处应为空，或列出按实测值判断的缺陷。
    [late] 此处应为空：迟到是单独的无忧退换，不与缺陷并列。
    [warranty] 品牌质保按质保期计算，其他权利不按质保期计算。
    [term] 此处应为空：质保有自己的期限。
   *[repair] 此处应为空：只有法定保障因维修延长，并须填写延长的月数。
}
error-out-of-range = 须在 { $min } 到 { $max } 之间。
error-not-one-of = “{ $value }”不在可选值之内：{ $allowed }。
error-unknown-field = 没有这个字段。
error-unknown-name = { $kind ->
    [country] “{ $value }”不是一个确定的国家或地区。请写名称或代码，如“中国”或 CN。
    [currency] “{ $value }”不是 ISO 4217 的币种，请写三个字母，如 CNY。
    [fibre] 不认识纤维“{ $value }”。新的纤维请用两种语言写，如“汉麻秆芯/hemp hurd”。
    [component] 不认识部位“{ $value }”。新的部位请用两种语言写，如“门襟/placket”。
   *[other] 不认识“{ $value }”这个名称。
}
error-unknown-reference = “{ $value }”不存在。
error-closed = “{ $closed }”已停用，不再用于新的记录。请换一个，或先将其状态改为在用。
error-date-to-come = { $value } 太靠后：最晚只能是 { $latest }。请检查年份。
error-dates-out-of-order = { $later } 早于 { $earlier }。
error-overlap = { $first } 与 { $second } 重叠。
error-no-catch-all = “{ $value }” 只适用于部分工单，而在它的有效期内有些日子其他工单没有时限。“{ $clock_zh }” 需要一行不设条件、排在最后、覆盖这些日子的时限。
error-wrong-sum = 合计为 { $sum }，应为 { $expected }。
error-check-digit = 校验位不对，应为 { $expected }。
error-not-a-gtin = GTIN 须为 8、12、13 或 14 位数字。
error-restricted-gtin = 这个号码不能作为商品的 GTIN：{ $reason }。
error-not-a-digital-link = 不是有效的 GS1 Digital Link：{ $reason }。
error-serial-typo = 序列号有误，可能输错了一位，请核对标签。
error-serial-unknown = 我们没有签发过这个序列号。
error-cycle = 物料批不能包含自身：{ $path }。
error-batch-too-large = 一个批次最多 4,194,304 件，请拆成几个批次。
error-beyond-planned = 计划 { $planned } 件，已有序列号 { $minted } 件，最多还能生成 { $left } 件。请先调高批次的计划数量。
error-in-use = { $by ->
    [lots] 不能在此修改：有 { $count } 个物料批由它制成。请在它的页面使用“更正”，会列明影响并要求说明原因。
    [batches] 不能在此修改：有 { $count } 个生产批次用了它。请在它的页面使用“更正”，会列明影响并要求说明原因。
    [minted] 不能在此修改：已有 { $count } 件生成了序列号。请在它的页面使用“更正”，会列明影响并要求说明原因。
    [sold] 不能在此修改：已售出 { $count } 件。请在它的页面使用“更正”，会列明影响并要求说明原因。
    [findings] 不能在此修改：已有 { $count } 条缺陷记录。请在它的页面使用“更正”，会列明影响并要求说明原因。
    [code] 不能修改：缺陷记录用它的代码指称它。请另建一个。
    [rule] 规则自 { $count } 起已生效，内容不再修改。请填写失效日期，另建一条接替。
    [serials] 不能修改：{ $count } 件已有序列号。请另建批次。
    [brought] 该批次在本系统已有序列号（{ $count } 件），文件不会改动。
    [day-off] 日历中已有这一天（休息）。请先在列表中移除，再重新设定。
    [day-work] 日历中已有这一天（上班）。请先在列表中移除，再重新设定。
    [minted-least] 不能少于已生成序列号的件数：{ $count }。
   *[used-least] 不能少于已登记的用量：{ $count }。
}
error-ambiguous = { $between ->
    [kinds] “{ $value }”既是生产批次，又是物料批。请说明是哪一个（kind：batch 或 lot）。
   *[suppliers] “{ $value }”是多家供应商（{ $suppliers }）的批号。请写明是哪一家，例如 { $write }。
}
error-template-refused = 标签模板无法使用：{ $reason }。
error-missing-glyph = 字体“{ $font }”没有字符“{ $character }”。
error-module-too-small = 二维码的一个模块只有 { $mm } 毫米，手机至少需要 { $min } 毫米。
error-dots-not-whole = { $dpi } dpi 下每个模块 { $dots } 点：必须是整数。
error-code-does-not-fit = 二维码连同静区需要 { $needed } 毫米，只留了 { $given } 毫米。
error-quiet-zone = 二维码静区内有图文：距左边 { $left } 毫米、距上边 { $top } 毫米。
error-text-clipped = “{ $text }”超出了可用位置。
error-text-overlaps = “{ $text }”与“{ $other }”重叠。
error-remote-image = “{ $href }”不在模板之内，请把图片嵌入模板。
error-not-drawable = 模板用了“{ $feature }”，它无法以线条和色块印刷。
error-printer-unreachable = 连不上打印机：{ $reason }。
error-no-right = 按规则 { $rule }，该商品的买家目前没有这项权利。请先查询其权利，或填写理由作为善意处理。
error-not-inspected = 收到后还没有检验。请先在工单行上登记检验结果。
error-another-inspector = 结论有异议，须由另一人检验。
error-person-needed = 此事须由人员决定，不能由程序决定。
error-already-sold = 这件商品已有有效的销售记录。
error-not-sold = 这件商品还没有销售记录。
error-wrong-claim-code = 领取码不正确。
error-no-tries-left = 今天的尝试次数已用完，请明天再试。
error-already-claimed = 这件商品已被领取。
error-wrong-transfer-code = 转让码不正确或已过期。
error-quote-changed = 报价已改动，请把第 { $now } 版读给买家听，再登记买家的答复。
error-unpaid = 这次维修有价格而未登记付款，请先登记付款。
error-no-price = 这笔销售没有登记成交价。请在“实付金额”中填写买家为这一件实付的金额，系统会随销售记录一起保存。
error-beyond-paid = { $asked } { $currency } 超出了还能退的金额：{ $left } { $currency }。
error-beyond-accepted = { $asked } { $currency } 超出了检验通过的金额：{ $left } { $currency }。其余 { $rest } { $currency } 须由另一人再次检验后才能退。
error-not-our-stock = 这一件的序列号来自外部，系统无法确认它在库。请换一件使用本系统序列号的商品。
error-already-settled = 这笔销售已经处理过：{ $kind }，处理单 { $settlement }。如果那是误操作，请先将其作废。
error-needs-another = { $who ->
    [owner] 措施的负责人不能自己验证，须由另一人验证。
    [holder] 这些衣服是您暂停销售的，须由另一人恢复销售。
    [compensation] 赔偿达到 { $from } { $currency } 须由第二个人审批：请作为处理单提出，由另一人审批。
    [repairer] 这件是您维修的，须由其他人复检。
    [twice] 您已经审批过。超过限额须由第二个人再审批。
   *[author] 提出的人不能自己审批或裁定，须由其他人来做。
}
error-already-reversed = 这笔分录已被冲销，或它本身就是冲销分录。请另记一笔新的分录。
error-covered-claim = 本次属于质保范围，维修和运费不向顾客收取。请记在品牌方名下，或先认定原因。
error-not-an-image = 不是可识别的图片（支持 JPEG、PNG）。
error-image-too-large = 图片太大，最多 { $max } 百万像素。
error-file-broken = 文件无法读取：{ $reason }。
error-column-missing = 缺少列“{ $column }”。
error-contradicts = 文件 { $file } 第 { $file_line } 行对同一条记录的说法不同，请只保留其中一处。
error-made-code-taken = 为这一行生成的编码 { $made } 已属于另一条记录：该记录是“{ $there }”，而这一行是“{ $here }”。请在文件中加一列编码，或改用别的生成方式。
error-too-many-cells = 这一行的单元格比表头多。
# 接在错误之后：可能想写的是什么。
did-you-mean = 您要写的是{ $name }吗？
fault-of-row = 第 { $row } 行：{ $fault }
possible-now = 接下来可以：{ $states }。
error-setting-unknown = 没有这项设置；最接近的是 { $nearest }。
error-setting-refused = 不能使用“{ $value }”：{ $reason }。
error-store-missing = { $place } 没有数据库，而这个命令不会新建。请检查 HANGTAG_DATABASE_URL；用 `hangtag migrate` 可以新建。
error-store-newer = 数据库 { $place } 属于更新版本的程序：它的表结构是 { $store } 版，而 hangtag { $program } 只认识到 { $own } 版。没有做任何改动。请使用新版程序，或恢复升级前的备份。
error-store-foreign = { $place } 里是别的程序的表。没有做任何改动，请换一个文件。
error-store-differs = { $place } 的表结构与迁移所建的不一致。没有做任何改动。请恢复备份，或修复下列各处：
error-store-lacks = 缺少（{ $wanted }）。
error-store-other = 现为 { $found }，应为 { $wanted }。
error-store-more = 不属于本程序（{ $found }）。
error-no-room = { $place } 所在磁盘空间不足：需要 { $needed } MB，只剩 { $free } MB。没有做任何改动。
error-backup-failed = 无法在 { $place } 备份，因此没有升级任何内容：{ $reason }。
# 错误中的原因。
reason-code-characters = 只能用字母、数字和 - _ . / #
reason-expects-object = 此处应为花括号中的对象
reason-expects-list = 此处应为方括号中的列表
reason-expects-whole = 此处应为不带引号的整数
reason-expects-text = 此处应为带引号的文本
reason-expects-yes-or-no = 此处应为 true 或 false
reason-composition-form = { $part }，请写成 { $form }
reason-page-token = 它不是分页标记
reason-units-like = 件号请写成 501-1000、501- 或 7
reason-units-backwards = 末号小于首号
reason-level-code = 只用小写字母、数字和 - _ .
reason-host-like = 地址请写成 192.168.1.50 或 printer.lan
reason-login-characters = 只能用 a–z、0–9、点、下划线和连字符
reason-not-an-empty-folder = 多枚标签需要一个新的或空的文件夹
reason-cannot-be-written = 无法写入该位置（{ $detail }）
reason-gln-digits = GLN 为 13 位数字
reason-gtin-region = 以 02 或 20 至 29 开头的号码只在一个国家或门店内有效（如店内称重商品）
reason-gtin-company = 以 04 开头的号码（八位号码为 0 或 2 开头）只在一家企业内部有效
reason-gtin-coupon = 以 05、981 至 984 或 99 开头的号码是优惠券
reason-gtin-refund = 以 980 开头的号码是退款凭证
reason-gtin-reserved = GS1 没有发放这一段号码
reason-composition-part-name = 有几个部位时，每个部位前都要写名称，如“面料：棉 100%；里料：聚酯纤维 100%”
reason-composition-signs = ; : , / % 用来分隔部位、纤维和语言，不能出现在名称里
reason-serial-characters = 序列号为 1 至 20 个字母、数字和 GS1 允许的符号
reason-language-tag = 请写语言标签，如 en 或 zh-CN
reason-media-type = 请写媒体类型，如 text/html
reason-link-too-long = 超过 { $max } 个字符
reason-link-character = 含有不允许的字符“{ $character }”
reason-link-scheme = 不以 http:// 或 https:// 开头
reason-link-no-path = 缺少主机名或路径
reason-link-no-key = 路径末尾不是 GS1 主标识及其限定符
reason-link-empty = ({ $ai }) 没有值
reason-link-zero-byte = ({ $ai }) 含有零字节
reason-link-unknown-ai = ({ $ai }) 不是应用标识符
reason-link-too-many = 超过 { $max } 个元素
reason-link-order = ({ $ai }) 不接受这些限定符或这一顺序
reason-link-duplicate = ({ $ai }) 重复出现
reason-link-not-an-attribute = ({ $ai }) 不能作为数据属性
reason-link-belongs-in-path = ({ $ai }) 应写在路径里
reason-link-value = “{ $value }”不是 ({ $ai }) 的有效值
reason-link-excluded = ({ $ai }) 不能与 ({ $other }) 同时出现
reason-link-needs = ({ $ai }) 还需要其中之一：{ $needs }
reason-link-serial-part = ({ $ai }) 与数字签名同用时需要序列部分
reason-phone = 应为 5 至 20 位数字
reason-email = 应形如 name@example.com
reason-store-url-scheme = 数据库地址应为 sqlite:///文件路径 或 postgres://用户@主机/库名
reason-store-url-path = sqlite:// 后面须是文件的完整路径，如 sqlite:///var/lib/hangtag/hangtag.db
reason-store-url-query = sqlite:// 只接受路径，后面不能再加内容；“{ $query }”会变成文件名的一部分
reason-setting-number = 须为 { $min } 到 { $max } 的整数
reason-setting-zone = 请写 IANA 时区名，如 Asia/Shanghai
reason-setting-listen = 请写地址和端口，如 127.0.0.1:8080 或 [::]:8080
reason-setting-public-url = 只写买家访问的协议和主机名，如 https://id.brand.cn
reason-setting-addresses = 请写 IP 地址，用英文逗号分隔，如 10.0.0.7, 10.0.0.8
reason-setting-utf8 = 不是 UTF-8 文本
reason-setting-file-line = 每项设置各占一行，写成 名称 = "值"，且只写一次
reason-setting-log = 请写日志级别，或按模块分别写：info,hangtag::cli=debug
# States that are no closed list.
state-open = { imports-parcel-open }
state-sound = { imports-parcel-sound }
state-faulty = { imports-parcel-faulty }
state-written = { imports-parcel-written }
state-stopped = { imports-parcel-stopped }
state-discarded = { imports-parcel-discarded }
state-running = { imports-state-running }
state-started = 已开始
state-ended = 已结束
error-case-open = 这件衣服已有正在处理的工单：{ $no }。
error-under-way = 工单 { $no } 第 { $line } 行的{ $what }还在进行，请先把它办完或撤销。
error-undecided = 还有 { $count } 件没有处理完：第 { $lines } 行。
error-tasks-open = 还有 { $count } 个任务没有结束，请先结束它们。
error-already-answered = 已经评价过了；评价提交后不能更改。
error-too-early = 还不到时候：{ $from } 起才能进行。
error-nothing-to-compare = 实施前或实施后没有售出的衣服，无法比较。
error-rate-rose = 不能判为有效：投诉率由 { $before } 变为 { $after }。
error-too-late = 已超过期限：只能在 { $days } 天内进行。
error-given-back = 这件衣服已经退回，之后还没有售出。
