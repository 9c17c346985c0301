"""Who may open what in the admin: each address of ours, by its name. Letters are roles, see world.LETTERS.

E(ditor), M(erchandiser), F(ulfilment), $ (Finance), O(wner). Nobody: no form of Wagtail's writes such a thing.
"""

DESKS: dict[str, dict[str, str]] = {
    "": {
        "searches searches_in_vain": "EMO",
        "make_codes promotion_preview": "MO",
        "content_care": "EO",
        "shop_report": "M$O",
    },
    "promotions_modeladmin_": {
        "index create edit delete history": "MO",
    },
    "coupons_modeladmin_": {
        "index create edit delete history": "MO",
    },
    "redemptions_modeladmin_": {
        "index inspect": "M$O",
        "create edit delete": "",
    },
    "wagtailsnippets_home_author:": {
        "list add edit delete usage history copy": "EO",
    },
    "wagtailsnippetchoosers_home_author:": {
        "choose chosen": "EMF$O",
        "create": "EO",
    },
    "wagtailsnippets_home_menu:": {
        "list add edit delete usage history copy": "EO",
    },
    "wagtailsnippetchoosers_home_menu:": {
        "choose chosen": "EMF$O",
        "create": "EO",
    },
    "wagtailsnippets_home_announcement:": {
        "list add edit delete usage history copy preview_on_add preview_on_edit": "EO",
    },
    "wagtailsnippetchoosers_home_announcement:": {
        "choose chosen": "EMF$O",
        "create": "EO",
    },
    "synonym:": {
        "index add edit delete history usage": "EMO",
    },
    "orders:": {
        "index inspect print": "F$O",
        "add edit delete history usage": "",
        "ship_file ship pack ship_parcel unpack deliver clear_flag change_address note flag": "FO",
        "refund cancel refund_sent refund_withdraw": "$O",
        "cancel_rest": "F$O",
    },
    "returns_desk:": {
        "index inspect": "F$O",
        "add edit delete history usage": "",
        "approve decline receive close": "FO",
        "refund": "$O",
    },
    "product:": {
        "index inspect usage": "EMF$O",
        "add edit delete history add_variant prices lifecycle change_variant": "MO",
        "bulk_prices matrix files file file_agree file_stop file_refused": "MO",
        "place": "EMO",
    },
    "category:": {
        "index": "EM$O",
        "add edit delete history usage reorder": "MO",
        "order": "EMO",
    },
    "collection:": {
        "index inspect ask": "EM$O",
        "add edit delete history usage pin unpin never allow": "EMO",
    },
    "attribute:": {
        "index": "EM$O",
        "add edit delete history usage": "MO",
    },
    "attributevalue:": {
        "index": "EM$O",
        "add edit delete history usage": "MO",
    },
    "brand:": {
        "index": "EM$O",
        "add edit delete history usage": "MO",
    },
    "currency:": {
        "index": "M$O",
        "add edit delete history usage": "O",
    },
    "tax_class:": {
        "index": "EM$O",
        "add edit delete history usage": "MO",
    },
    "zone:": {
        "index": "MF$O",
        "add edit delete history usage": "MO",
    },
    "delivery_method:": {
        "index": "MF$O",
        "add edit delete history usage": "MO",
    },
    "collection_point:": {
        "index": "MF$O",
        "add edit delete history usage": "MO",
    },
    "tax_rate:": {
        "index": "M$O",
        "add edit delete history usage": "O",
    },
    "day_off:": {
        "index": "MF$O",
        "add edit delete history usage": "MO",
    },
    "payments:": {
        "index": "$O",
        "add edit delete history usage": "",
    },
    "refunds:": {
        "index": "$O",
        "add edit delete history usage": "",
    },
    "webhooks:": {
        "index inspect replay": "$O",
        "add edit delete history usage": "",
    },
    "collection_chooser:": {
        "choose chosen": "EM$O",
        "create": "EMO",
    },
    "product_chooser:": {
        "choose chosen": "EMF$O",
        "create": "MO",
    },
    "stock:": {
        "index inspect": "MF$O",
        "add delete": "",
        "edit history usage receive count adjust count_file count_sheet": "FO",
    },
    "reviews_desk:": {
        "index inspect approve reject reply": "MFO",
        "add edit delete history usage": "",
    },
    "mails_log:": {
        "index inspect again": "F$O",
        "add edit delete history usage": "",
    },
    "mail_words:": {
        "index edit": "MO",
    },
    "newsletter_desk:": {
        "index": "MO",
        "add edit delete history usage": "",
    },
    "wagtailusers_users:": {
        "index add edit delete history usage copy": "O",
    },
    "settings:": {
        "returns": "O",
        "site": "EO",
    },
    "audit_log:": {
        "index": "$O",
        "add edit delete history usage": "",
    },
    "customers:": {
        "index inspect": "F$O",
        "hand_out erase": "O",
        "add edit delete history usage": "",
    },
}
