# 文件或单元格无法读取的原因（错误的 reason 参数）。
reason-empty = 文件是空的
reason-not-a-table = 它既不是 CSV 也不是 XLSX 文件
reason-old-excel = 这是旧版 Excel 文件（.xls），请另存为 XLSX 或 CSV
reason-password = 文件有密码保护，请去掉密码后重新上传
reason-not-xlsx = 这是 ZIP 压缩包，但不是 XLSX 工作簿
reason-damaged = 文件不完整或已损坏，请重新导出
reason-too-large = 解压后的内容过大，请拆分成多个文件
reason-open-quote = 这一行的引号没有结束，或者这一行过长
reason-too-many-columns = 列数过多
reason-unreadable-text = 含有无法识别的字符，请把文件重新保存为 UTF-8
reason-cell-error = 单元格是公式错误
reason-digits-lost = 数字过长，表格软件已经丢失末尾几位，请把该列设为文本后重新输入
reason-ambiguous-number = 数字里的逗号有歧义，小数请用点表示
reason-row-refused = 这一行无法读取
# 对文件的说法与对表单不同的错误。
import-duplicate = 与第 { $line } 行重复。
import-unknown-field = 没有这一列。
# 错误清单文件。
import-faults-line = 行
import-faults-column = 列
import-faults-value = 值
import-faults-reason = 原因
