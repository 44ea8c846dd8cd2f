# 各页面共用的词。

lang-other = English
page-problem = 没有成功
page-problem-fields = 需要更正的内容
back = 返回
home = 首页
sign-in = 登录
sign-out = 退出登录
save = 保存
form-more = 其他（通常不填）
cancel = 取消
next-page = 下一页
search = 查找
filter = 筛选
yes = 是
no = 否
line = 行
download-csv = CSV
download-xlsx = XLSX
skip-to-content = 跳到正文
open = 打开
menu = 菜单
menu-aftersales = 售后
menu-quality = 质量与责任
menu-money = 款项
menu-production = 生产
menu-settings = 设置
to-desk = 回到工作台
# Who did something, as a history names them.
actor-api = { $name }（程序）
actor-system = 系统
actor-holder = 持有人
actor-cli = 命令行
# 时间线。
timeline-history = 历史
timeline-when = 时间
timeline-what = 事项
timeline-who = 操作者
timeline-detail = 详情
# 每个列表和页面都有的。
any = 全部
edit = 修改
facts = 基本信息
import-from-file = 从文件导入
nothing-found = 没有符合条件的记录。
show-all = 显示全部
previous-page = 上一页

# 更正已被其他记录依据的内容
correct = 更正
correct-title = 更正
correct-about = 普通修改不会动其他记录所依据的内容；更正会改变它，并影响现在依据它的一切：
correct-moves-lots = 由它制成的物料批：{ $count }
correct-moves-batches = 生产批次：{ $count }
correct-moves-minted = 已有序列号的单件：{ $count }
correct-moves-sold = 已售出：{ $count } 件
correct-moves-findings = 缺陷记录：{ $count }
correct-moves-nothing = 还没有记录依据它，普通修改即可。
correct-reason = 原因
correct-reason-hint = 为什么原先记下的不是本意。原因会留在历史记录中，请勿写个人姓名。
changed-facts = 产品资料
form-sent-before = 这份表单先前已提交过一次，当时填写的内容已经保存；现在显示的内容还没有保存。请先确认是否仍然需要，再点保存。
form-overtaken = 在您打开这份表单之后，别人已经保存过修改。您填写的内容仍在这里，尚未保存；与现已保存的内容不同之处，写在相应字段下方。再次保存将以这里的内容为准。
form-now = 现已保存：{ $now }
form-now-empty = 现已保存的内容为空
