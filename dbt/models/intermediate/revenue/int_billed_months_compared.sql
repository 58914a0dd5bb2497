-- Contract MRR and billed MRR beside each other, per contract and month-end, from the first month
-- any invoice line covers. A customer with recurring lines that name no contract is compared as a
-- whole, because nobody can say which contract such a line bills.
with lines as (

    select * from {{ ref('int_invoice_lines_allocated') }}
    where first_month < last_month_excl and monthly_native is not null

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

customers_as_a_whole as (

    select distinct customer_key
    from lines
    where
        allocation_state = 'allocated'
        and contract_id is null

),

start as (

    select min(months.month) as first_billed_month
    from months
    inner join lines
        on months.month >= lines.first_month and months.month < lines.last_month_excl
    where lines.allocation_state = 'allocated'

),

billed_months as (

    select
        lines.customer_key,
        case when customers_as_a_whole.customer_key is null then lines.source_system end
            as source_system,
        case when customers_as_a_whole.customer_key is null then lines.contract_id end
            as contract_id,
        months.month,
        lines.line_type,
        lines.allocation_state,
        lines.is_contract_known,
        lines.currency,
        lines.tax_rate,
        {{ times('lines.monthly_native', 'lines.issue_rate') }} as mrr_at_issue,
        {{ times('lines.monthly_native', 'coalesce(rates.rate, lines.issue_rate)') }} as mrr
    from lines
    inner join months
        on lines.first_month <= months.month and lines.last_month_excl > months.month
    left join rates on months.month = rates.month and lines.currency = rates.currency
    left join customers_as_a_whole on lines.customer_key = customers_as_a_whole.customer_key
    where
        lines.customer_key is not null
        and lines.issue_rate is not null
        and (
            lines.allocation_state = 'allocated'
            or (lines.line_type in ('usage', 'oneoff', 'other') and lines.is_period_stated)
        )

),

contract_months as (

    select
        pieces.customer_key,
        case when customers_as_a_whole.customer_key is null then pieces.source_system end
            as source_system,
        case when customers_as_a_whole.customer_key is null then pieces.contract_id end
            as contract_id,
        months.month,
        pieces.currency,
        case when pieces.included_tax_rate > 0 then 1 else 0 end as is_tax_included,
        {{ times('pieces.mrr_native', 'rates.rate') }} as mrr,
        {{ times('pieces.gross_mrr_native', 'rates.rate') }} as gross_mrr,
        -- the part of the price that only the contracted minimum makes
        case
            when
                pieces.gross_native
                > {{ times('pieces.quantity', 'pieces.unit_price_native') }}
                then {{ times(
                    'pieces.gross_mrr_native',
                    'rates.rate') }}
                    - {{ divide(
                        times(
                            times('pieces.gross_mrr_native', 'rates.rate'),
                            times('pieces.quantity', 'pieces.unit_price_native')),
                        'pieces.gross_native') }}
            else 0
        end as minimum_mrr
    from pieces
    inner join months
        on
            pieces.first_month <= months.month
            and (pieces.last_month_excl is null or pieces.last_month_excl > months.month)
    inner join rates on months.month = rates.month and pieces.currency = rates.currency
    left join customers_as_a_whole on pieces.customer_key = customers_as_a_whole.customer_key
    where pieces.mrr_native > 0 or pieces.gross_mrr_native > 0

),

sides as (

    select
        customer_key,
        source_system,
        contract_id,
        month,
        mrr as contract_mrr,
        gross_mrr as contract_gross_mrr,
        minimum_mrr,
        is_tax_included,
        currency as contract_currency,
        cast(null as string) as billed_currency,
        0 as recurring_mrr,
        0 as discount_mrr,
        0 as billed_mrr,
        0 as billed_mrr_at_issue,
        0 as oneoff_line_mrr,
        0 as usage_line_mrr,
        0 as other_line_mrr,
        0 as has_billed_line,
        0 as has_proration,
        0 as tax_rate,
        1 as is_contract_known
    from contract_months
    union all
    select
        customer_key,
        source_system,
        contract_id,
        month,
        0 as contract_mrr,
        0 as contract_gross_mrr,
        0 as minimum_mrr,
        0 as is_tax_included,
        cast(null as string) as contract_currency,
        case when allocation_state = 'allocated' then currency end as billed_currency,
        case
            when allocation_state = 'allocated' and line_type <> 'discount' then mrr else 0
        end as recurring_mrr,
        case when allocation_state = 'allocated' and line_type = 'discount' then mrr else 0 end
            as discount_mrr,
        case when allocation_state = 'allocated' then mrr else 0 end as billed_mrr,
        case when allocation_state = 'allocated' then mrr_at_issue else 0 end
            as billed_mrr_at_issue,
        case when line_type = 'oneoff' then mrr else 0 end as oneoff_line_mrr,
        case when line_type = 'usage' then mrr else 0 end as usage_line_mrr,
        case when line_type = 'other' then mrr else 0 end as other_line_mrr,
        case when allocation_state = 'allocated' then 1 else 0 end as has_billed_line,
        case when line_type = 'proration' then 1 else 0 end as has_proration,
        case when allocation_state = 'allocated' then tax_rate else 0 end as tax_rate,
        case when is_contract_known then 1 else 0 end as is_contract_known
    from billed_months

),

compared as (

    select
        sides.customer_key,
        sides.source_system,
        sides.contract_id,
        sides.month,
        {{ money('sum(sides.contract_mrr)') }} as contract_mrr,
        {{ money('sum(sides.contract_gross_mrr)') }} as contract_gross_mrr,
        {{ money('sum(sides.minimum_mrr)') }} as minimum_mrr,
        {{ money('sum(sides.recurring_mrr)') }} as recurring_mrr,
        {{ money('sum(sides.discount_mrr)') }} as discount_mrr,
        {{ money('sum(sides.billed_mrr)') }} as billed_mrr_at_month_rate,
        {{ money('sum(sides.billed_mrr_at_issue)') }} as billed_mrr,
        {{ money('sum(sides.oneoff_line_mrr)') }} as oneoff_line_mrr,
        {{ money('sum(sides.usage_line_mrr)') }} as usage_line_mrr,
        {{ money('sum(sides.other_line_mrr)') }} as other_line_mrr,
        {{ money('max(sides.tax_rate)') }} as tax_rate,
        max(sides.is_tax_included) = 1 as is_tax_included,
        max(sides.has_billed_line) = 1 as has_billed_line,
        max(sides.has_proration) = 1 as has_proration,
        max(sides.is_contract_known) = 1 as is_contract_known,
        coalesce(
            min(sides.contract_currency) <> min(sides.billed_currency), false
        ) as is_other_currency
    from sides
    cross join start
    where sides.month >= start.first_billed_month
    group by sides.customer_key, sides.source_system, sides.contract_id, sides.month
    having sum(sides.contract_mrr) <> 0 or max(sides.has_billed_line) = 1

)

select * from compared
