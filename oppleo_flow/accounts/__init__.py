"""Who may do what at a site: rights and roles, signing in, and what proves who somebody is."""
