-- Why billed MRR is not contract MRR (G-04), item by item: each item takes what it can explain and
-- leaves the rest to the next; what nothing explains is `unexplained`, a row that somebody has to
-- look at. Contract + items = billed, per contract and month.
with compared as (

    select * from {{ ref('int_billed_months_compared') }}

),

started as (

    select
        *,
        billed_mrr - billed_mrr_at_month_rate as fx_rate_item,
        billed_mrr_at_month_rate - contract_mrr as difference
    from compared

),

-- nothing billed, or nothing contracted
one_sided as (

    select
        *,
        case
            when not has_billed_line
                then greatest(difference, -least(contract_mrr, oneoff_line_mrr))
            else 0
        end as oneoff_item,
        case
            when contract_mrr = 0 and not is_contract_known then difference
            when not has_billed_line and oneoff_line_mrr = 0
                then greatest(difference, -least(contract_mrr, other_line_mrr))
            else 0
        end as misclassified_item,
        -- a discount line beyond the recurring discounts of the contract, whether the billing
        -- system prints the recurring line before the discount or after it
        case
            when not has_billed_line or contract_mrr = 0 then 0
            when
                abs(recurring_mrr - contract_mrr) < abs(recurring_mrr - contract_gross_mrr)
                then least(0, discount_mrr)
            else least(0, discount_mrr + contract_gross_mrr - contract_mrr)
        end as discount_item
    from started

),

with_usage as (

    select
        *,
        -- the contracted minimum is billed as usage, or not at all this month
        case
            when difference - oneoff_item - misclassified_item - discount_item < 0
                then greatest(
                    difference - oneoff_item - misclassified_item - discount_item, -minimum_mrr
                )
            else 0
        end as usage_item
    from one_sided

),

with_timing as (

    select
        *,
        case
            when not has_billed_line or contract_mrr = 0
                then difference - oneoff_item - misclassified_item - discount_item - usage_item
            else 0
        end as timing_item,
        difference - oneoff_item - misclassified_item - discount_item - usage_item as rest
    from with_usage

),

with_tax as (

    select
        *,
        case
            when not has_billed_line or contract_mrr = 0 then 0
            -- the invoice rounded an amount whose price includes tax
            when is_tax_included and abs(rest) <= 1 then rest
            -- the line holds the tax, to the yen
            when
                tax_rate > 0
                and abs(rest - {{ times('contract_mrr', 'tax_rate') }}) <= 1
                then rest
            else 0
        end as tax_item
    from with_timing

),

with_rest as (

    select
        *,
        case
            when is_other_currency then rest - timing_item - tax_item else 0
        end as currency_item,
        case
            when has_proration and not is_other_currency then rest - timing_item - tax_item
            else 0
        end as proration_item,
        case
            when has_proration or is_other_currency then 0
            else rest - timing_item - tax_item
        end as unexplained_item
    from with_tax

),

items as (

    {%- for item, amount in [
        ('one_invoice_discount', 'discount_item'),
        ('proration', 'proration_item'),
        ('timing', 'timing_item'),
        ('usage', 'usage_item'),
        ('tax', 'tax_item'),
        ('oneoff', 'oneoff_item'),
        ('fx_rate_basis', 'fx_rate_item + currency_item'),
        ('misclassified', 'misclassified_item'),
        ('unexplained', 'unexplained_item'),
    ] %}
    select
        customer_key,
        source_system,
        contract_id,
        month,
        contract_mrr,
        billed_mrr,
        '{{ item }}' as bridge_item,
        {{ amount }} as mrr_change
    from with_rest
    where {{ amount }} <> 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

explained as (

    select
        customer_key,
        source_system,
        contract_id,
        month,
        contract_mrr,
        billed_mrr,
        cast(bridge_item as string) as bridge_item,
        {{ money('mrr_change') }} as mrr_change
    from items

)

select * from explained
