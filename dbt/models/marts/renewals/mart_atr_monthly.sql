{#- rates: name, numerator, denominator, what a missing rate means (D20) -#}
{%- set rates = [
    ('renewal_logo_rate', 'on_time_count + late_count', 'decided_count', 'nothing_decided'),
    ('renewal_grr_rate', 'retained_amount', 'decided_atr', 'nothing_decided'),
    ('renewal_nrr_rate', 'renewed_amount', 'decided_atr', 'nothing_decided'),
    ('decided_coverage_rate', 'decided_atr', 'atr', 'no_atr'),
] %}
with terms as (

    select * from {{ ref('fct_renewal_term') }}

),

months as (

    select distinct history_start_month from {{ ref('int_months_bounded') }}

),

summed as (

    select
        terms.term_end_month as month,
        count(*) as term_count,
        sum(terms.atr) as atr,
        {%- for outcome in ['on_time', 'late', 'lost', 'open'] %}
        sum(case when terms.outcome = '{{ outcome }}' then 1 else 0 end) as {{ outcome }}_count,
        sum(case when terms.outcome = '{{ outcome }}' then terms.atr else 0 end)
            as {{ outcome }}_atr,
        {%- endfor %}
        sum(case when terms.outcome <> 'open' then 1 else 0 end) as decided_count,
        sum(case when terms.outcome <> 'open' then terms.atr else 0 end) as decided_atr,
        sum(terms.renewed_amount) as renewed_amount,
        sum(terms.retained_amount) as retained_amount
    from terms
    inner join months on terms.term_end_month >= months.history_start_month
    group by terms.term_end_month

),

monthly as (

    select
        month,
        cast(term_count as bigint) as term_count,
        {{ total('atr') }} as atr,
        {%- for outcome in ['on_time', 'late', 'lost', 'open'] %}
        cast({{ outcome }}_count as bigint) as {{ outcome }}_count,
        {{ total(outcome ~ '_atr') }} as {{ outcome }}_atr,
        {%- endfor %}
        cast(decided_count as bigint) as decided_count,
        {{ total('decided_atr') }} as decided_atr,
        {{ total('renewed_amount') }} as renewed_amount,
        {{ total('retained_amount') }} as retained_amount,
        {%- for rate, numerator, denominator, missing in rates %}
        {{ divide(numerator, denominator) }} as {{ rate }},
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(denominator) }} as {{ rate }}_denominator,
        cast(case when {{ denominator }} = 0 then '{{ missing }}' end as string)
            as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from summed

)

select * from monthly
