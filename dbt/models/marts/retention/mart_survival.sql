-- Kaplan-Meier in months since the first payment, with Greenwood's variance on the log-log scale,
-- so that the interval stays between 0 and 1. Logarithms, not money: doubles, rounded at the end.
-- What is known today, per segment; int_survival_estimated is the same curve in total, as every
-- month of the past knew it. An audit holds the two together.
{#- 97.5 % point of the normal distribution -#}
{%- set z = '1.959963984540054' %}
{%- set keys = 'partition by segment_attribute, segment_value
            order by months_since_first nulls last
            rows between unbounded preceding and current row' %}
with lifetimes as (

    select * from {{ ref('int_customer_lifetimes') }}

),

segments as (

    select * from {{ ref('bridge_customer_segment') }}

),

ends as (

    select
        segments.segment_attribute,
        segments.segment_value,
        lifetimes.observed_months as months_since_first,
        sum(case when lifetimes.has_lapsed then 1 else 0 end) as lapsed_count,
        count(*) as ended_count
    from lifetimes
    inner join segments on lifetimes.customer_key = segments.customer_key
    group by segments.segment_attribute, segments.segment_value, lifetimes.observed_months

),

-- month 0 is the month of the first payment: everybody is there
starts as (

    select distinct
        segment_attribute,
        segment_value,
        cast(0 as int) as months_since_first
    from ends

),

steps as (

    select
        segment_attribute,
        segment_value,
        months_since_first
    from ends
    union
    select
        segment_attribute,
        segment_value,
        months_since_first
    from starts

),

counted as (

    select
        steps.segment_attribute,
        steps.segment_value,
        steps.months_since_first,
        coalesce(ends.lapsed_count, 0) as lapsed_count,
        coalesce(ends.ended_count, 0) as ended_count,
        -- whoever is observed up to this month or longer; who is censored in it still counts
        sum(coalesce(ends.ended_count, 0)) over (
            partition by steps.segment_attribute, steps.segment_value
            order by steps.months_since_first nulls last
            rows between current row and unbounded following
        ) as at_risk_count
    from steps
    left join ends
        on
            steps.segment_attribute = ends.segment_attribute
            and steps.segment_value = ends.segment_value
            and steps.months_since_first = ends.months_since_first

),

logged as (

    select
        counted.*,
        case
            when lapsed_count < at_risk_count
                then
                    ln(cast(at_risk_count - lapsed_count as double))
                    - ln(cast(at_risk_count as double))
            else cast(0 as double)
        end as log_kept,
        -- d / (n (n - d))
        case
            when lapsed_count > 0 and lapsed_count < at_risk_count
                then
                    exp(
                        ln(cast(lapsed_count as double))
                        - ln(cast(at_risk_count as double))
                        - ln(cast(at_risk_count - lapsed_count as double))
                    )
            else cast(0 as double)
        end as variance_part,
        case when lapsed_count = at_risk_count then 1 else 0 end as is_last
    from counted

),

running as (

    select
        logged.*,
        sum(log_kept) over ({{ keys }}) as log_survival,
        sum(variance_part) over ({{ keys }}) as variance_sum,
        sum(lapsed_count) over ({{ keys }}) as lapsed_total,
        max(is_last) over ({{ keys }}) as is_everybody_gone
    from logged

),

scaled as (

    select
        running.*,
        case
            when lapsed_total = 0 then 'no_lapse_yet'
            when is_everybody_gone = 1 then 'everybody_lapsed'
        end as interval_null_reason,
        -- z * sqrt(variance) / |ln S|, kept away from ln(0)
        case
            when lapsed_total > 0 and is_everybody_gone = 0
                then exp({{ z }} * exp(0.5 * ln(variance_sum) - ln(-log_survival)))
        end as spread
    from running

),

survival as (

    select
        cast(segment_attribute as string) as segment_attribute,
        cast(segment_value as string) as segment_value,
        cast(months_since_first as bigint) as months_since_first,
        cast(at_risk_count as bigint) as at_risk_count,
        cast(lapsed_count as bigint) as lapsed_count,
        cast(ended_count - lapsed_count as bigint) as censored_count,
        {{ divide('lapsed_count', 'at_risk_count') }} as hazard_rate,
        case
            when is_everybody_gone = 1 then cast(0 as decimal(18, 6))
            when lapsed_total = 0 then cast(1 as decimal(18, 6))
            else {{ rate_of_double('exp(log_survival)') }}
        end as survival_rate,
        {{ rate_of_double('exp(log_survival * spread)') }} as survival_lower_rate,
        {{ rate_of_double('exp(log_survival * exp(-ln(spread)))') }} as survival_upper_rate,
        cast(interval_null_reason as string) as interval_null_reason,
        {{ policy_columns() }}
    from scaled

)

select * from survival
