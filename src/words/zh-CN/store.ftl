# 终端上的数据库：升级，以及 doctor 的检查结果。

store-made = 已在 { $place } 新建数据库。
store-kept-copy = 正在升级数据库；升级前的副本保存在 { $place }。
store-applied = 已执行 { $version }
store-nothing-to-do = 无需升级

doctor-attention = 有问题需要处理
doctor-disk = 磁盘
doctor-store = 数据库
doctor-migrations = 升级
doctor-tables = 表结构
doctor-more = 本程序之外的内容
doctor-integrity = 完整性
doctor-foreign-keys = 外键
doctor-journal = 日志模式
doctor-fsync = fsync
doctor-synchronous-commit = synchronous_commit
doctor-keys = 密钥
doctor-policies = 业务参数
doctor-warranty-policies = 质保政策
doctor-clock = 时钟
doctor-free = { $place } 剩余 { $free } MB
doctor-full = { $place } 只剩 { $free } MB，很快将无法写入，请清理空间
doctor-none-pending = 没有待执行的升级
doctor-pending = 待执行：{ $versions }
doctor-tables-as-made = 所有的表、列和键都与 { $version } 版一致
doctor-nothing = 未发现问题
doctor-policies-sound = 均在允许范围内
doctor-warranties-sound = 每个款号的政策都存在
doctor-clock-sound = { $now } UTC，晚于所有事件
doctor-clock-behind = 现在是 { $now } UTC，但最新的事件在 { $newest } UTC
doctor-verdicts = 责任认定
doctor-verdicts-sound = 每项责任认定的份额之和都是整体
