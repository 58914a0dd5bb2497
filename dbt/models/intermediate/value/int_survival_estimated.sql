{#- Kaplan-Meier on months since the first payment, once per report month: who is at risk in month
    k and who lapses in it, over the cells that month could know. A pause is no lapse, the opening
    cohort is left out (its customers' first months lie before the history). mart_survival is the
    last month's curve, per segment and with an interval: it cannot say what the LTV of an earlier
    month was, and this one is not cut by segment. An audit holds the two together.
    The product of the monthly survivals is a sum of logarithms, rounded once; beyond the oldest
    cohort the pooled monthly loss goes on, in every month alike, so that the history of the LTV
    moves with the customers and not with the choice of a model (mart_retention_model). -#}
{%- set horizon = var('ltv_horizon_months') | int %}
with cohort_months as (

    select * from {{ ref('int_cohort_months_summed') }}
    where not is_opening_cohort

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

cells as (

    select
        month,
        months_since_first,
        lag(surviving_customer_count) over (
            partition by cohort_month order by months_since_first nulls last
        ) as at_risk_customer_count,
        surviving_customer_count,
        active_customer_count,
        mrr
    from cohort_months

),

-- what report month t knows about month k: every cell up to t
known as (

    select
        months.month,
        cells.months_since_first,
        sum(coalesce(cells.at_risk_customer_count, cells.surviving_customer_count))
            as at_risk_customer_count,
        sum(cells.surviving_customer_count) as surviving_customer_count,
        sum(cells.active_customer_count) as active_customer_count,
        sum(cells.mrr) as mrr
    from months
    inner join cells on cells.month <= months.month
    group by months.month, cells.months_since_first

),

pooled as (

    select
        month,
        max(case when at_risk_customer_count > 0 then months_since_first end) as last_observed,
        sum(case when months_since_first > 0 then at_risk_customer_count else 0 end)
            as at_risk_customer_count,
        sum(case when months_since_first > 0 then surviving_customer_count else 0 end)
            as surviving_customer_count,
        sum(active_customer_count) as active_customer_count,
        sum(mrr) as mrr
    from known
    group by month

),

-- 0, 1, ... horizon
spine as (

    {{ month_spine("cast('2000-01-01' as date)", add_months("cast('2000-01-01' as date)", horizon)) }}

),

horizon_months as (

    select {{ months_between("cast('2000-01-01' as date)", 'month') }} as months_since_first
    from spine

),

grid as (

    select
        pooled.month,
        horizon_months.months_since_first,
        horizon_months.months_since_first > pooled.last_observed as is_extrapolated,
        case
            when horizon_months.months_since_first > pooled.last_observed
                then pooled.at_risk_customer_count
            else known.at_risk_customer_count
        end as at_risk_customer_count,
        case
            when horizon_months.months_since_first > pooled.last_observed
                then pooled.surviving_customer_count
            else known.surviving_customer_count
        end as surviving_customer_count,
        case
            when horizon_months.months_since_first > pooled.last_observed then pooled.mrr
            else known.mrr
        end as mrr,
        case
            when horizon_months.months_since_first > pooled.last_observed
                then pooled.active_customer_count
            else known.active_customer_count
        end as active_customer_count
    from pooled
    cross join horizon_months
    left join known
        on
            pooled.month = known.month
            and horizon_months.months_since_first = known.months_since_first
    where pooled.last_observed is not null

),

-- nothing observed after month 0 yet: nobody was at risk, nobody is known to leave
logged as (

    select
        grid.*,
        case
            when coalesce(at_risk_customer_count, 0) = 0 then cast(0 as double)
            when surviving_customer_count = 0 then cast(0 as double)
            else
                ln(cast(surviving_customer_count as double))
                - ln(cast(at_risk_customer_count as double))
        end as log_survival,
        case when at_risk_customer_count > 0 and surviving_customer_count = 0 then 1 else 0 end
            as is_extinct
    from grid

),

multiplied as (

    select
        logged.*,
        sum(log_survival) over (
            partition by month order by months_since_first nulls last
            rows between unbounded preceding and current row
        ) as log_survival_to_here,
        max(is_extinct) over (
            partition by month order by months_since_first nulls last
            rows between unbounded preceding and current row
        ) as is_extinct_by_now
    from logged

),

estimated as (

    select
        cast(month as date) as month,
        cast(months_since_first as bigint) as months_since_first,
        cast(is_extrapolated as boolean) as is_extrapolated,
        cast(
            case when is_extinct_by_now = 1 then 0 else exp(log_survival_to_here) end
            as decimal(18, 6)
        ) as survival_rate,
        coalesce({{ divide('mrr', 'active_customer_count') }}, 0) as arpa
    from multiplied

)

select * from estimated
