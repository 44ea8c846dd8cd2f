# 政策数值。
policy-values-title = 政策数值
policy-values-about = 由企业自己决定的数值：期限、次数、上限。每次更改都会记下由谁、从何时起、为什么。
policy-values-what = 含义
policy-values-value = 现行值
policy-values-own = 出厂值
policy-values-since = 生效时间
policy-values-who = 设置人
policy-values-reason = 原因
policy-values-reason-hint = 例如：客服反馈五次不够用。
policy-values-from = 从哪天起
policy-values-from-hint = 不填就立即生效；填了日期，从那天零点起生效。已经按旧值决定的事不变。
policy-values-bounds = { $min } 到 { $max }；程序出厂值为 { $own }。
policy-values-never = 还没有人改过，用的是程序出厂值。
policy-values-holds = 现行
policy-values-set = { $code } 已设为 { $value }，自 { $from } 起生效。
