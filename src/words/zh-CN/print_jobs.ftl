# 标签与打印任务。
labels-title = 标签
labels-no-face = 本机没有中文字体，已改用英文模板。安装中文字体（Debian：fonts-noto-cjk）后即可使用中文模板。
labels-left-out = 以下内容在模板上放不下，已省略：{ $fields }。
labels-made-at = { $labels } 枚标签，{ $bytes } 字节，模板 { $template }：{ $out }
labels-lint-bad = 有 { $count } 个模板无法印刷或扫描
