# 质保状态的说法。

warranties-none = 这件衣服还没有销售记录，质保尚未开始。
warranties-waiting-delivery = 质保从收货当天开始。
warranties-waiting-activation = 质保从您用刮开涂层下的领取码激活当天开始。
warranties-waiting-either = 质保从收货当天或您激活当天开始，以先登记的为准。
warranties-waiting-production = 质保从生产完成当天开始，生产日期尚未登记。
warranties-running = 质保至 { $until }。{ $days ->
    [0] 今天是最后一天。
   *[other] 还剩 { $days } 天。
}
warranties-ended = 质保已于 { $since } 到期。
warranties-ended-returned = 衣服已退回，质保随那次销售一起结束。
warranties-ended-exchanged = 这一件已换成另一件，质保由换给您的那一件承接。
warranties-ended-early = 质保已提前结束。
warranties-void = 质保已作废。
