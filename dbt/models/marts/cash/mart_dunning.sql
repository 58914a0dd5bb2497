{%- set rates = [
    ('payment_failure_rate', 'failed_first_attempt_count', 'first_attempt_count', false),
    ('payment_recovery_rate', 'recovered_count', 'failed_first_attempt_count', true),
    ('involuntary_loss_rate', 'lost_count', 'first_attempt_count', true),
] %}
with attempts as (

    select * from {{ ref('int_first_attempts_followed') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

summed as (

    select
        months.month,
        months.month_end,
        cast(count(*) as bigint) as first_attempt_count,
        cast(sum(attempts.is_failed) as bigint) as failed_first_attempt_count,
        cast(sum(attempts.is_recovered) as bigint) as recovered_count
    from attempts
    inner join months on attempts.month = months.month
    group by months.month, months.month_end

),

followed as (

    select
        summed.*,
        cast(failed_first_attempt_count - recovered_count as bigint) as lost_count,
        {{ is_recovery_known('month_end') }} as is_mature
    from summed

),

dunned as (

    select
        month,
        first_attempt_count,
        failed_first_attempt_count,
        recovered_count,
        lost_count,
        is_mature,
        {%- for rate, numerator, denominator, needs_maturity in rates %}
        {%- if needs_maturity %}
        cast(case when is_mature then {{ divide(numerator, denominator) }} end as decimal(18, 6))
            as {{ rate }},
        {%- else %}
        {{ divide(numerator, denominator) }} as {{ rate }},
        {%- endif %}
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(denominator) }} as {{ rate }}_denominator,
        cast(
            case
                {%- if needs_maturity %}
                when not is_mature then 'not_30_days_old'
                {%- endif %}
                when {{ denominator }} = 0 then 'none_failed'
            end as string
        ) as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from followed

)

select * from dunned
