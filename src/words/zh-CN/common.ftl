# 各页面共用的词。

brand-name = Hangtag
lang-name = 中文
lang-other = English
page-problem = 没有成功
page-problem-fields = 需要更正的内容
back = 返回
home = 首页
sign-in = 登录
sign-out = 退出登录
save = 保存
cancel = 取消
next-page = 下一页
first-page = 回到第一页
nothing-yet = 这里还没有内容。
search = 查找
filter = 筛选
yes = 是
no = 否
line = 行
download-csv = CSV
download-xlsx = XLSX
skip-to-content = 跳到正文
menu = 菜单
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
