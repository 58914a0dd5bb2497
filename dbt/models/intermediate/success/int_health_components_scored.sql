-- Every component of every paying customer on every observed day: a component without data is a
-- row without a score, so that what is missing can be seen.
with observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

weights as (

    select * from {{ ref('health_weights') }}

),

{%- set components = ['usage', 'support', 'billing', 'engagement', 'contract'] %}
{%- for component in components %}

{{ component }}_scored as (

    select * from {{ ref('int_health_' ~ component ~ '_scored') }}

),
{%- endfor %}

scores as (

    {%- for component in components %}
    select
        customer_key,
        observed_date,
        component,
        score,
        reason_code
    from {{ component }}_scored
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

components_scored as (

    select
        observed.customer_key,
        observed.observed_date,
        observed.is_current,
        weights.component,
        {{ money('weights.weight') }} as weight,
        scores.score,
        cast(coalesce(scores.reason_code, 'no_data') as string) as reason_code
    from observed
    cross join weights
    left join scores
        on
            observed.customer_key = scores.customer_key
            and observed.observed_date = scores.observed_date
            and weights.component = scores.component

)

select * from components_scored
