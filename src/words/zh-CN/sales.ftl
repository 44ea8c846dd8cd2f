# 销售。

sales-title = 销售
sales-about = 每一件交到买家手中的衣服，最近的在前。
sales-new = 登记销售
sales-search-hint = 序列号或订单号
sales-import = 导入文件
sales-retailer = 零售商
sales-none = 还没有销售记录。登记第一笔，或导入一个销售文件。
sales-sold-on = 销售日期
sales-order-no = 订单号
sales-price = 实付价
sales-channel = 渠道
sales-place = 地点
sales-delivered-on = 收货日期
sales-returned-on = 退回日期
sales-warranty = 质保
sales-status-live = 已售
sales-status-ended = 已退回
sales-done = { $serial } 的销售已登记。请扫描下一件。
sales-card = 打开质保卡
sales-garment = 一件衣服的销售记录
sales-garment-unsold = 这件衣服还没有销售记录。
sales-nth = 第 { $seq } 次销售
sales-deliver = 登记收货
sales-deliver-hint = 如果质保政策按收货日期起算，质保会据此重新计算；到期日不会提前。
sales-return = 登记退回
sales-return-hint = 这笔销售、质保和持有关系随之结束，衣服可以再次销售。
