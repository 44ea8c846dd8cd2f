# Holders: what they agree to.

holders-consent-service = You may contact me to answer about this garment's warranty and repair.
holders-consent-recall = You may contact me with safety notices and recalls of this garment.
holders-consent-follow-up = You may ask me, at most twice, how satisfied I am with this garment and its service.
