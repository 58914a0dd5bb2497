"""The pages, in the order of the menu. What is not here is not reached."""

DEFAULT_PAGE = "home"  # its path in the address is empty
# page (views/<page>.py, its path in the address) -> icon. One flat list: sections in the menu are
# drawn as a list whose children are no list items, which screen readers cannot follow.
PAGES = {
    "home": "home",
    "mrr": "waterfall_chart",
    "retention": "group_remove",
    "renewals": "event_repeat",
    "forecast": "trending_up",
    "risk": "person_alert",
    "customer": "person_search",
    "segments": "donut_small",
    "cash": "payments",
    "inquiries": "support_agent",
    "quality": "fact_check",
    "sql": "terminal",
    "manual": "menu_book",
    "admin": "admin_panel_settings",
}
