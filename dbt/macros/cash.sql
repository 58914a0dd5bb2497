{#- A sum in the reporting currency: times() ends in decimal(18, 6), too narrow for a company. -#}
{% macro valued(x, rate) -%}
cast(cast({{ x }} as decimal(24, 6)) * cast({{ rate }} as decimal(14, 6)) as decimal(28, 6))
{%- endmacro %}

{#- States of an invoice that was never, or is no longer, a claim, in lower case. -#}
{% macro void_or_draft_states() %}
    {{- return([
        'void', 'voided', 'canceled', 'cancelled', 'draft', 'deleted',
        '無効', '取消', '取消済', '取消済み', 'キャンセル', '下書き', '破棄', '削除'
    ]) -}}
{% endmacro %}

{% macro is_void_or_draft(status) -%}
lower(coalesce({{ status }}, '')) in ('{{ void_or_draft_states() | join("', '") }}')
{%- endmacro %}

{#- Whether a document is billed and owed: the one rule for what counts as an invoice. -#}
{% macro counts_as_invoice(document_type, status) -%}
(coalesce({{ document_type }}, 'invoice') = 'invoice' and not {{ is_void_or_draft(status) }})
{%- endmacro %}

{#- Tax in whole units of the currency, rounded as the policy says; a negative one like its opposite. -#}
{% macro round_tax(x) -%}
{%- set mode = var('tax_rounding') -%}
sign({{ x }}) * {% if mode == 'ceil' %}ceil(abs({{ x }})){% elif mode == 'half_up' %}floor(abs({{ x }}) + 0.5){% else %}floor(abs({{ x }})){% endif %}
{%- endmacro %}

{#- A failed payment is recovered when the money comes within so many days (G-28). -#}
{% macro recovery_days() %}{{ return(30) }}{% endmacro %}

{#- Whether the days to recover of a month's last failure are over. -#}
{% macro is_recovery_known(month_end) -%}
    cast({{ add_days(month_end, recovery_days()) }} <= {{ as_of() }} as boolean)
{%- endmacro %}
