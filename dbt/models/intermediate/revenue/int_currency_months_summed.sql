-- Gross MRR, recurring discount and MRR per month and currency, in native amounts: a running sum
-- over changes, not a contract x month table.
with pieces as (

    select * from {{ ref('int_subscriptions_pieced') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

edges as (

    select distinct
        history_start_month,
        last_completed_month
    from months

),

changes as (

    select
        currency,
        first_month as month,
        gross_mrr_native,
        mrr_native,
        coalesce(mrr_incl_tax_native, 0) as mrr_incl_tax_native,
        case when mrr_native > 0 and mrr_incl_tax_native is null then 1 else 0 end
            as tax_rate_missing_line_count
    from pieces
    where
        gross_mrr_native > 0
        and (last_month_excl is null or first_month < last_month_excl)
    union all
    select
        currency,
        last_month_excl as month,
        -gross_mrr_native as gross_mrr_native,
        -mrr_native as mrr_native,
        -coalesce(mrr_incl_tax_native, 0) as mrr_incl_tax_native,
        case when mrr_native > 0 and mrr_incl_tax_native is null then -1 else 0 end
            as tax_rate_missing_line_count
    from pieces
    where gross_mrr_native > 0 and first_month < last_month_excl

),

summed as (

    select
        changes.currency,
        -- what happened before the history begins is folded into its first month
        greatest(changes.month, edges.history_start_month) as month,
        sum(changes.gross_mrr_native) as gross_mrr_native,
        sum(changes.mrr_native) as mrr_native,
        sum(changes.mrr_incl_tax_native) as mrr_incl_tax_native,
        sum(changes.tax_rate_missing_line_count) as tax_rate_missing_line_count
    from changes
    cross join edges
    where changes.month <= edges.last_completed_month
    group by changes.currency, greatest(changes.month, edges.history_start_month)

),

currencies as (

    select distinct currency from summed

),

running as (

    select
        months.month,
        currencies.currency,
        {%- for column in [
            'gross_mrr_native', 'mrr_native', 'mrr_incl_tax_native', 'tax_rate_missing_line_count',
        ] %}
        sum(coalesce(summed.{{ column }}, 0)) over (
            partition by currencies.currency order by months.month nulls last
            rows between unbounded preceding and current row
        ) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from months
    cross join currencies
    left join summed
        on months.month = summed.month and currencies.currency = summed.currency

),

typed as (

    select
        cast(month as date) as month,
        cast(currency as string) as currency,
        {{ total('gross_mrr_native') }} as gross_mrr_native,
        {{ total('gross_mrr_native - mrr_native') }} as recurring_discount_mrr_native,
        {{ total('mrr_native') }} as mrr_native,
        {{ total('mrr_incl_tax_native') }} as mrr_incl_tax_native,
        cast(tax_rate_missing_line_count as bigint) as tax_rate_missing_line_count
    from running

)

select * from typed
