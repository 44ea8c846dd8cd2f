# 登录
sign-in-about = 供员工、供应商和门店使用。消费者无需账号。
sign-in-lost = 忘记密码？请向管理员索取新的一次性链接。

# 一次性链接
set-up-title = 设置密码
set-up-about = 您好，{ $name }。请设置登录密码。此链接只能使用一次。
set-up-first-title = 初始设置
set-up-first-about = 请创建第一位管理员，其他人由管理员在系统内邀请。此链接只能使用一次。
set-up-done = 保存并登录

# 工作台
desk-title = 您好，{ $name }
desk-nothing = 您已登录，但还没有开通任何功能。请向管理员申请角色。

# 我的账号
account-title = 我的账号
account-password = 密码
account-again = 再输入一次密码
account-password-hint = 至少 12 个字符，字符种类不限。几个词连在一起，好记又难猜。
account-change-password = 修改密码
account-current-password = 当前密码
account-new-password = 新密码
account-password-ends = 修改后此处保持登录，其他地方全部退出。
account-lang = 语言
account-lang-label = 工作语言
account-sessions = 登录情况
account-sessions-about = 如有不认识的登录，请结束它并修改密码。
account-since = 登录时间
account-seen = 最近使用
account-until = 最迟结束
account-this = 当前
account-end = 结束
account-end-others = 结束其他全部登录

# 账号
accounts-title = 账号
accounts-about = 谁可以登录，可以做什么。
accounts-new = 新建账号
accounts-edit = 修改账号
accounts-none = 还没有人可以登录。
accounts-search-hint = 用户名或姓名
accounts-new-about = 系统会生成一次性链接，请转交本人。密码由本人设置，您不会知道。
accounts-name = 姓名
accounts-login = 用户名
accounts-login-hint = 2 到 40 个字符：a–z、0–9、点、下划线、连字符。用户名会长期留在记录中，请勿使用邮箱或手机号。
accounts-access-hint = 停用后立即结束全部登录。生成新链接后，本人可重设密码；在此之前原密码仍有效。
accounts-new-link = 生成一次性链接
accounts-disable = 停用
accounts-enable = 重新启用
accounts-issued = 一次性链接
accounts-secret = 链接
accounts-issued-about = 请当面转交，或通过只有本人能看到的方式发送。谁先打开，谁就能设置密码。
accounts-issued-hint = 链接只显示这一次，只能使用一次，到期自动失效。之前的链接已失效。
accounts-shown = 账号已创建，链接当时已显示。如已丢失，请在账号页面重新生成。
accounts-open = 打开账号

# API 密钥
api-keys-title = API 密钥
api-keys-about = 供程序使用：用密钥换取短期有效的令牌。
api-keys-none = 还没有程序持有密钥。
api-keys-new = 新密钥
api-keys-search-hint = 用途
api-keys-open = 打开密钥
api-keys-revoke = 吊销
api-keys-issued = 密钥已签发
api-keys-secret = 密钥
api-keys-issued-about = 请立即复制密钥。密钥只显示这一次，系统只保存其指纹。
api-keys-issued-hint = 以“Authorization: Bearer …”发送到 /api/v1/token 换取令牌。
api-keys-shown = 密钥已签发，当时已显示。如已丢失，请吊销后重新签发。
# 命令行管理账号。
user-added = { $login } 的账号已创建。
user-link-about = 请以只有本人能看到的方式转交此链接。它只能使用一次，谁先打开，谁就能设置密码。
user-disabled = { $login } 已停用，全部登录已结束。
