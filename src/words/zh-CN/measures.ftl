# 纠正与预防措施。
measures-title = 改进措施
measures-about = 为了不让缺陷再次出现，改变什么、由谁、何时完成，以及是否有效。
measures-none = 还没有改进措施。可由缺陷记录、责任认定、召回范围或质量信号发起。
measures-new = 新建措施
measures-edit = 修改
measures-search-hint = 编码或标题
measures-plan = 制定计划
measures-plan-about = 写明根本原因（问五个为什么）和要改变什么。以前验证的数字保留在历史记录中。
measures-implement = 已实施
measures-implement-about = 实施前后各取同样多的天数比较。
measures-check = 验证是否有效
measures-check-about = 须由负责人以外的人验证。数字计算到今天：实施前后各取同样多的天数内首次售出的衣服，以及其中在同一段日子里确认的该缺陷投诉。
measures-close = 关闭
measures-effect = 效果
measures-origin = 查看来源
measures-before = 实施前的投诉
measures-after = 实施后的投诉
