# 团队的工作时间。
working-hours-title = 工作时间
working-hours-about = 各团队的上班时间。法定节假日和团队自己的安排在“日历”中登记。修改后，未完成工单的期限会重新计算。
working-hours-new = 新增工作时间
working-hours-edit = 修改工作时间
working-hours-none = 还没有工作时间。
working-hours-search-hint = 编码或名称
