with components as (

    select * from {{ ref('int_health_components_scored') }}
    where is_current

),

weighed as (

    select * from {{ ref('int_health_weighed') }}

),

contributions as (

    select
        components.customer_key,
        components.component,
        components.weight,
        cast(components.score as decimal(18, 6)) as component_score,
        -- what the component adds to the score; the contributions of a customer add up to it
        cast(
            case
                when components.score is not null
                    then {{ divide(
                        times('components.weight', 'components.score'),
                        'weighed.covered_weight') }}
            end as decimal(18, 6)
        ) as contribution_score,
        components.reason_code,
        {{ policy_columns() }}
    from components
    inner join weighed
        on
            components.customer_key = weighed.customer_key
            and components.observed_date = weighed.observed_date

)

select * from contributions
