-- What moved in each customer's months, and what it is called (G-05).
with levels as (

    select * from {{ ref('int_customer_mrr_levels') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

-- who had paid before the shown history began comes back, is not new
paid_before_history as (

    select distinct pieces.customer_key
    from pieces
    inner join months on pieces.first_month < months.history_start_month
    where
        pieces.mrr_native > 0
        and months.month = months.history_start_month
        and (pieces.last_month_excl is null or pieces.first_month < pieces.last_month_excl)

),

-- at this month's rates, both sides: what moved in the contract, without what moved in the
-- currency (D18). A missing rate makes the sum null, never smaller.
converted as (

    select
        levels.customer_key,
        levels.month,
        sum({{ times('levels.mrr_native', 'rates.rate') }}) as mrr_after,
        sum({{ times('levels.mrr_native_before', 'rates.rate') }}) as mrr_carried,
        sum({{ times('levels.mrr_incl_tax_native', 'rates.rate') }}) as mrr_incl_tax_after,
        sum(levels.tax_rate_missing_lines) as tax_rate_missing_lines,
        sum(levels.paused_lines) as paused_lines,
        max(
            case
                when
                    rates.rate is null
                    and (levels.mrr_native <> 0 or levels.mrr_native_before <> 0)
                    then 1
                else 0
            end
        ) as is_rate_missing
    from levels
    left join rates
        on levels.month = rates.month and levels.currency = rates.currency
    group by levels.customer_key, levels.month

),

compared as (

    select
        customer_key,
        month,
        case when is_rate_missing = 0 then mrr_after end as mrr_after,
        case when is_rate_missing = 0 then mrr_carried end as mrr_carried,
        coalesce(lag(mrr_after) over (partition by customer_key order by month nulls last), 0)
            as mrr_before,
        case when is_rate_missing = 0 then mrr_incl_tax_after end as mrr_incl_tax_after,
        coalesce(
            lag(mrr_incl_tax_after) over (partition by customer_key order by month nulls last), 0
        ) as mrr_incl_tax_before,
        tax_rate_missing_lines,
        coalesce(
            lag(tax_rate_missing_lines) over (
                partition by customer_key order by month nulls last
            ), 0
        ) as tax_rate_missing_lines_before,
        coalesce(
            max(mrr_after) over (
                partition by customer_key order by month nulls last
                rows between unbounded preceding and 1 preceding
            ), 0
        ) > 0 as has_paid_before,
        paused_lines,
        coalesce(lag(paused_lines) over (partition by customer_key order by month nulls last), 0)
            as paused_lines_before
    from converted

),

classified as (

    select
        compared.*,
        {{ movement_type(
            is_opening='compared.month = months.history_start_month',
            before='compared.mrr_carried',
            after='compared.mrr_after',
            is_paused='compared.paused_lines > 0',
            was_paused='compared.paused_lines_before > 0',
            has_paid_before='(compared.has_paid_before or paid_before_history.customer_key is not null)'
        ) }} as movement_type,
        -- the pause ended without a payment and nothing pays: gone, though no MRR moved
        compared.mrr_carried = 0 and compared.mrr_after = 0
        and compared.paused_lines_before > 0 and compared.paused_lines = 0
        and compared.has_paid_before as is_churned_while_paused
    from compared
    inner join months on compared.month = months.month
    left join paid_before_history on compared.customer_key = paid_before_history.customer_key

),

typed as (

    select
        customer_key,
        month,
        cast(movement_type as string) as movement_type,
        {{ money('mrr_before') }} as mrr_before,
        {{ money('mrr_carried') }} as mrr_carried,
        {{ money('mrr_after') }} as mrr_after,
        {{ money('mrr_incl_tax_before') }} as mrr_incl_tax_before,
        {{ money('mrr_incl_tax_after') }} as mrr_incl_tax_after,
        cast(tax_rate_missing_lines_before as bigint) as tax_rate_missing_lines_before,
        cast(tax_rate_missing_lines as bigint) as tax_rate_missing_lines_after,
        is_churned_while_paused,
        min(case when mrr_after > 0 then month end) over (partition by customer_key) as cohort_month
    from classified

)

select * from typed
