# 面向买家的页面：质保卡、领取、持有人、转让、非本公司签发、产品、首页。

card-kind = 电子质保卡
card-serial = 序列号
card-colour = 颜色
card-size = 尺码
card-style = 款号
card-not-sold = 尚未登记销售
card-not-sold-text = 质保随销售开始。如果您已经购买，请保留小票，并请门店登记。
card-none = 未登记质保
card-none-text = 这笔销售不含品牌质保，您对销售者的法定权利不受影响。
card-waiting = 质保尚未开始
card-waiting-delivery = 自送达之日起算。
card-waiting-activation = 自您用刮层下的领取码领取之日起算。
card-waiting-either = 自送达或领取之日起算，以先到者为准。
card-waiting-production = 自生产记录完成之日起算。
card-running = 质保至 { $until }
card-running-text = 自{ $since }起。{ $days ->
    [0] 今天是最后一天。
   *[other] 还有 { $days } 天。
}
card-ended = 质保已于{ $until }到期
card-ended-early = 质保已结束
card-ended-text = 仍可维修，请与我们联系。
card-void = 质保已作废
card-returned = 已退回销售者
card-returned-text = 这件衣服曾被退回。如果您是之后购买的，请门店登记新的销售。
card-label-title = 这张吊牌的记录
card-label-issued = 签发
card-label-issued-text = 由{ $brand }签发，只对应一件衣服
card-label-claimed = 首次领取
card-label-unclaimed = 尚未领取
card-label-scans = 扫码设备
card-label-devices = { $count ->
    [0] 此前没有设备扫过
   *[other] { $count } 部不同的设备
}
card-label-first = 首次扫码 { $date }
card-label-note = 印刷的码可以被复制，刮层下的领取码只能使用一次。如果您的领取码已被使用，请与我们联系。
card-label-many = 对一件新衣服来说扫码设备偏多。如果您刚刚买到，请先与我们核实。
card-claim = 这件是我的
card-claim-hint = 用刮层下的领取码领取，不需要姓名和手机号。
card-held = 已有持有人
card-held-hint = 是别人转让给您的吗？
card-accept = 输入转让码
card-mine = 您是这件衣服的持有人
card-mine-open = 查看我的凭证
card-coverage = 质保范围
card-exclusions = 不在质保范围
card-warranty-title = 质保
card-warranty-length = 期限
card-months = { $count } 个月
card-days = { $count } 天
card-materials = 材质与产地
card-spin = 纺纱
card-weave = 织造
card-dye = 染整
card-sew = 缝制
card-recycled = 再生成分
card-certificates = 认证
card-valid-to = 有效期至 { $date }
card-care = 洗护方法
card-label-items = 使用说明（GB/T 5296.4）
card-sizes = 成衣尺寸
card-sizes-unit = 单位：厘米
card-repair = 维修
card-take-back = 旧衣回收
card-history = 历程
card-history-none = 目前没有记录。
card-more = 品牌提供
card-faq = 常见问题
card-faq-claim = 领取有什么用？
card-faq-claim-text = 领取后这件衣服只认您的手机，别人无法再领取。您可以查看凭证、转让给他人；复制的吊牌也就没有用处。
card-faq-code = 刮层下的码看不清怎么办？
card-faq-code-text = 请不要继续刮，带上序列号和小票与我们联系。
card-faq-data = 你们知道我的什么信息？
card-faq-data-text = 除非您主动提供，否则什么都不知道。我们只统计扫码设备数，不保存地址。联系方式可填可不填，加密保存，删除后不可恢复。
card-help = 获取帮助
card-ask = 有问题？申请售后
card-withdraw = 撤回合同（欧盟）
card-footer = 本页说明签发、领取与扫码的事实，不单凭吊牌评判一件衣服。

claim-title = 领取这件衣服
claim-lead = 刮开吊牌上的涂层，输入下面的十位领取码。
claim-code = 领取码
claim-code-hint = 十位字母和数字，如 ABCDE-12345，不分大小写，空格和连字符可有可无。
claim-button = 领取
claim-tries = { $count ->
    [0] 今天的次数已用完，请明天再试。
   *[other] 今天还可以试 { $count } 次。
}
claim-nothing-personal = 不需要任何个人信息。浏览器保存一把钥匙，我们只保存它的指纹。
claim-held = 这件衣服已有持有人
claim-held-text = 如果是别人转让给您的，请向对方索取转让码；如果您买到的是新品，请与我们联系。
claim-back = 返回质保卡

mine-title = 我的凭证
mine-welcome = 领取成功
mine-welcome-text = 这个浏览器现在保存着这件衣服的钥匙。请保存下面的二维码：换手机时用它恢复。它只显示这一次。
mine-recovery = 恢复码
mine-recovery-hint = 打印或拍照保存，不要给别人：谁拿到它，谁就是持有人。
mine-since = 持有自
mine-pass-on = 转让
mine-pass-on-text = 生成一次性转让码交给新主人，{ $hours } 小时内有效；质保日期不变。
mine-pass-on-button = 生成转让码
mine-code = 转让码
mine-code-text = 新主人扫描吊牌，点“输入转让码”，再输入它。它只显示这一次。
mine-code-until = 有效期至 { $until }
mine-contact = 联系方式（可不填）
mine-contact-text = 便于召回或维修时联系您。加密保存，只有处理您事务的人可以查看，每次查看都有记录。
mine-contact-kept = 我们自{ $date }起加密保存着您的联系方式。
mine-name = 姓名
mine-phone = 电话
mine-mail = 电子邮件
mine-consent = 我同意保存以上信息（直到我删除为止），用于：
mine-contact-button = 加密保存
mine-erase = 删除我的联系方式
mine-export = 下载与我有关的全部数据（JSON）
mine-release = 放弃持有
mine-release-text = 放弃后您不再是持有人，持有刮层下领取码的人可以重新领取。要送给别人，请改用转让码。
mine-release-button = 放弃持有
mine-saved = 已保存。
mine-erased = 已删除。
mine-not = 这个浏览器不是持有人
mine-not-text = 请用领取时的手机打开本页，或扫描您的恢复码。尚未领取，或是别人转让给您的，请从这里继续：
recover-title = 恢复钥匙
recover-text = 点击后，这个浏览器将重新成为持有人。
recover-button = 恢复

transfer-title = 接收这件衣服
transfer-lead = 输入原主人给您的转让码。
transfer-code = 转让码
transfer-button = 接收
transfer-hint = 八位数字。

unissued-title = 不是我们签发的
unissued-lead = 我们没有签发过这个码。
unissued-text = 吊牌可能印刷有误，或被人改动后复制。请再核对一遍字符；如果没有输错，请不要相信这张吊牌，并与我们联系。
unissued-typo = 序列号输入有误
unissued-typo-text = 最后一位与前面的字符对不上，说明有字符输错了。序列号是二维码下方印着的二十位字母和数字。
unissued-product = 没有这个编号的产品
unissued-product-text = 吊牌可能印刷有误，或被人改动后复制。衣服在手边的话，请输入二维码下方印着的序列号。
unissued-number = 商品编号
damaged-title = 网址不完整
damaged-text = 二维码没有读全，或链接被截断。请再扫一次，或输入二维码下方印着的序列号。
damaged-reason = 原因
unissued-seen = 您是在哪里买到的？告诉我们，可以帮助其他人。

product-kind = 产品
product-title = 关于这款产品
product-serial = 衣服在手边吗？输入吊牌上的序列号。

home-title = 查一查您的吊牌
home-lead = 扫描吊牌上的二维码，或输入它下方的序列号。
home-serial = 序列号
home-serial-hint = 二十位字母和数字，不分大小写，空格和连字符不影响。
home-button = 打开质保卡
home-what = 一牌一衣
home-what-text = 每件衣服都有自己的吊牌。质保卡上写着它的材质、洗法、是否在质保期内，以及它经历过什么。

choices-title = 有多个页面符合
choices-text = 请选择一个。

link-product = 产品信息
link-register = 领取与登记
link-care = 洗护方法
link-faq = 常见问题
link-help = 获取帮助
link-history = 来源与历程
link-service = 质保与服务
link-linkset = 全部链接
claim-no-code = 这不是完整的领取码：领取码有十位字母和数字，如 ABCDE-12345。本次不计入次数。
transfer-no-code = 这不是完整的转让码：转让码有八位数字。本次不计入次数。
mine-already = 这件衣服已在您名下，无需再次领取。
card-mended = { $repaired } 维修：维修部分质保至 { $until }。
card-mended-part = { $repaired } 维修（{ $component }）：修过的部位质保至 { $until }，与整件质保无关。
