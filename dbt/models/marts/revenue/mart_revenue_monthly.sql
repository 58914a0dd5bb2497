with currency_months as (

    select * from {{ ref('int_currency_months_summed') }}

),

lines as (

    select * from {{ ref('int_invoice_lines_allocated') }}
    where line_type in ('usage', 'oneoff')

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

rates as (

    select * from {{ ref('int_fx_rates_monthly') }}

),

fixed_rates as (

    select distinct
        currency,
        fixed_rate
    from rates

),

-- earned when the service ended, else when it was invoiced
lines_dated as (

    select
        lines.*,
        coalesce(
            case
                when lines.is_period_stated
                    then {{ month_start(add_days('lines.period_end_excl', -1)) }}
            end,
            {{ month_start('lines.issue_date') }}
        ) as month
    from lines

),

lines_summed as (

    select
        lines_dated.month,
        lines_dated.currency,
        sum(case when lines_dated.line_type = 'usage' then lines_dated.amount_native else 0 end)
            as usage_native,
        sum(case when lines_dated.line_type = 'oneoff' then lines_dated.amount_native else 0 end)
            as oneoff_native,
        sum(
            case
                when lines_dated.line_type = 'usage'
                    then {{ times('lines_dated.amount_native', 'lines_dated.issue_rate') }}
                else 0
            end
        ) as usage_revenue,
        sum(
            case
                when lines_dated.line_type = 'oneoff'
                    then {{ times('lines_dated.amount_native', 'lines_dated.issue_rate') }}
                else 0
            end
        ) as oneoff_revenue,
        sum(case when lines_dated.issue_rate is null then 1 else 0 end) as unconverted_line_count
    from lines_dated
    inner join months on lines_dated.month = months.month
    group by lines_dated.month, lines_dated.currency

),

keys as (

    select
        month,
        currency
    from currency_months
    union
    select
        month,
        currency
    from lines_summed

),

revenue as (

    select
        cast(keys.month as date) as month,
        cast(keys.currency as string) as currency,
        {{ total('coalesce(currency_months.gross_mrr_native, 0)') }} as gross_mrr_native,
        {{ total('coalesce(currency_months.recurring_discount_mrr_native, 0)') }}
            as recurring_discount_mrr_native,
        {{ total('coalesce(currency_months.mrr_native, 0)') }} as mrr_native,
        {{ total('coalesce(lines_summed.usage_native, 0)') }} as usage_revenue_native,
        {{ total('coalesce(lines_summed.oneoff_native, 0)') }} as oneoff_revenue_native,
        cast(rates.rate as decimal(18, 6)) as month_end_rate,
        cast(fixed_rates.fixed_rate as decimal(18, 6)) as fixed_rate,
        {{ total_at_rate(
            'coalesce(currency_months.gross_mrr_native, 0)', 'coalesce(rates.rate, 0)') }}
            as gross_mrr,
        {{ total_at_rate(
            'coalesce(currency_months.recurring_discount_mrr_native, 0)',
            'coalesce(rates.rate, 0)') }} as recurring_discount_mrr,
        {{ total_at_rate('coalesce(currency_months.mrr_native, 0)', 'coalesce(rates.rate, 0)') }}
            as mrr,
        {{ total('coalesce(currency_months.mrr_incl_tax_native, 0)') }} as mrr_incl_tax_native,
        {{ total_at_rate(
            'coalesce(currency_months.mrr_incl_tax_native, 0)', 'coalesce(rates.rate, 0)') }}
            as mrr_incl_tax,
        cast(coalesce(currency_months.tax_rate_missing_line_count, 0) as bigint)
            as tax_rate_missing_line_count,
        {{ total_at_rate(
            'coalesce(currency_months.mrr_native, 0)', 'coalesce(fixed_rates.fixed_rate, 0)') }}
            as constant_currency_mrr,
        {{ total('coalesce(lines_summed.usage_revenue, 0)') }} as usage_revenue,
        {{ total('coalesce(lines_summed.oneoff_revenue, 0)') }} as oneoff_revenue,
        cast(coalesce(lines_summed.unconverted_line_count, 0) as bigint)
            as unconverted_line_count,
        {{ policy_columns() }}
    from keys
    left join currency_months
        on keys.month = currency_months.month and keys.currency = currency_months.currency
    left join lines_summed
        on keys.month = lines_summed.month and keys.currency = lines_summed.currency
    left join rates on keys.month = rates.month and keys.currency = rates.currency
    left join fixed_rates on keys.currency = fixed_rates.currency

)

select * from revenue
