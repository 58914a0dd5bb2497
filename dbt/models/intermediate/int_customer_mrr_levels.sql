-- What a customer pays per month in one currency from one change to the next: a running sum over
-- changes, not a customer x month table. A customer who pays in a foreign currency gets every
-- month, because the rate moves even where the contract does not. The last level stays open.
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

-- pieces that cover no month-end and pieces that never carry money change nothing
counted as (

    select
        customer_key,
        currency,
        first_month,
        last_month_excl,
        mrr_native,
        coalesce(mrr_incl_tax_native, 0) as mrr_incl_tax_native,
        case when mrr_native > 0 and mrr_incl_tax_native is null then 1 else 0 end
            as tax_rate_missing_lines,
        case when piece_state = 'paused' and full_mrr_native > 0 then 1 else 0 end as paused_lines
    from pieces
    where
        (last_month_excl is null or first_month < last_month_excl)
        and (mrr_native > 0 or (piece_state = 'paused' and full_mrr_native > 0))

),

changes as (

    select
        customer_key,
        currency,
        first_month as month,
        mrr_native as mrr_native_change,
        mrr_incl_tax_native as mrr_incl_tax_native_change,
        tax_rate_missing_lines as tax_rate_missing_lines_change,
        paused_lines as paused_lines_change
    from counted
    union all
    select
        customer_key,
        currency,
        last_month_excl as month,
        -mrr_native as mrr_native_change,
        -mrr_incl_tax_native as mrr_incl_tax_native_change,
        -tax_rate_missing_lines as tax_rate_missing_lines_change,
        -paused_lines as paused_lines_change
    from counted
    where last_month_excl is not null

),

changes_bounded as (

    select
        changes.customer_key,
        changes.currency,
        -- what happened before the history begins is folded into its first month
        greatest(changes.month, edges.history_start_month) as month,
        sum(changes.mrr_native_change) as mrr_native_change,
        sum(changes.mrr_incl_tax_native_change) as mrr_incl_tax_native_change,
        sum(changes.tax_rate_missing_lines_change) as tax_rate_missing_lines_change,
        sum(changes.paused_lines_change) as paused_lines_change
    from changes
    cross join edges
    where changes.month <= edges.last_completed_month
    group by
        changes.customer_key,
        changes.currency,
        greatest(changes.month, edges.history_start_month)

),

currencies as (

    select distinct
        customer_key,
        currency
    from changes_bounded

),

foreign_customers as (

    select
        customer_key,
        min(month) as from_month
    from changes_bounded
    group by customer_key
    having max(case when currency <> '{{ var("reporting_currency") }}' then 1 else 0 end) = 1

),

customer_months as (

    select
        customer_key,
        month
    from changes_bounded
    union
    select
        foreign_customers.customer_key,
        months.month
    from foreign_customers
    inner join months on foreign_customers.from_month <= months.month

),

summed as (

    select
        customer_months.customer_key,
        currencies.currency,
        customer_months.month,
        lead(customer_months.month) over (
            partition by customer_months.customer_key, currencies.currency
            order by customer_months.month nulls last
        ) as next_month,
        sum(coalesce(changes_bounded.mrr_native_change, 0)) over (
            partition by customer_months.customer_key, currencies.currency
            order by customer_months.month nulls last
            rows between unbounded preceding and current row
        ) as mrr_native,
        coalesce(changes_bounded.mrr_native_change, 0) as mrr_native_change,
        {%- for column in ['mrr_incl_tax_native', 'tax_rate_missing_lines', 'paused_lines'] %}
        sum(coalesce(changes_bounded.{{ column }}_change, 0)) over (
            partition by customer_months.customer_key, currencies.currency
            order by customer_months.month nulls last
            rows between unbounded preceding and current row
        ) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from customer_months
    inner join currencies on customer_months.customer_key = currencies.customer_key
    left join changes_bounded
        on
            customer_months.customer_key = changes_bounded.customer_key
            and customer_months.month = changes_bounded.month
            and currencies.currency = changes_bounded.currency

),

levels as (

    select
        customer_key,
        currency,
        cast(month as date) as month,
        cast(next_month as date) as next_month,
        {{ money('mrr_native') }} as mrr_native,
        {{ money('mrr_native - mrr_native_change') }} as mrr_native_before,
        -- of the lines whose rate is known; tax_rate_missing_lines counts the others
        {{ money('mrr_incl_tax_native') }} as mrr_incl_tax_native,
        cast(tax_rate_missing_lines as bigint) as tax_rate_missing_lines,
        cast(paused_lines as bigint) as paused_lines
    from summed

)

select * from levels
