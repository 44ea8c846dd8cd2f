# 一张工单里多件一起办理。
line-acts-new = 批量办理
line-acts-go = 办理
line-acts-running = 正在办理，本页会自动刷新。
line-acts-begun = { $count ->
    [0] 一件也没有办理。
   *[other] 已办理 { $count } 件。
}
line-acts-refused = { $count } 件未通过
line-acts-none = 其余各件也没有办理：请去掉这些行，或处理好所列问题后重新提交。
line-acts-line = 行号
line-acts-why = 原因
line-acts-failed = 没有办完。请重新提交，系统会从未办理的部分继续。
