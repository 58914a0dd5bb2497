-- The health score: the weighted mean of the components with data (G-25). Coverage is the weight of
-- those; too little of it and nobody knows.
{%- set least_coverage = 60 %}
{%- set green_from = 75 %}
{%- set yellow_from = 50 %}
with components as (

    select * from {{ ref('int_health_components_scored') }}

),

summed as (

    select
        customer_key,
        observed_date,
        sum(case when score is not null then {{ times('weight', 'score') }} else 0 end)
            as points,
        sum(case when score is not null then weight else 0 end) as covered_weight,
        sum(weight) as full_weight
    from components
    group by customer_key, observed_date

),

scored as (

    select
        customer_key,
        observed_date,
        points,
        covered_weight,
        {{ divide('points', 'covered_weight') }} as health_score,
        {{ divide('100 * covered_weight', 'full_weight') }} as coverage
    from summed

),

weighed as (

    select
        customer_key,
        observed_date,
        {{ money('points') }} as points,
        {{ money('covered_weight') }} as covered_weight,
        health_score,
        coverage,
        cast(
            case
                when coverage < {{ least_coverage }} or health_score is null then 'unknown'
                when health_score >= {{ green_from }} then 'green'
                when health_score >= {{ yellow_from }} then 'yellow'
                else 'red'
            end as string
        ) as health_band
    from scored

)

select * from weighed
