-- The layers of a business that wins the same number of customers every year and keeps the same
-- share of them (G-01). Each year's customers are a layer; year t holds t of them.
{%- set years = 5 %}
with scenarios as (

    select * from {{ ref('int_retention_scenarios_listed') }}

),

years as (

    {%- for year in range(1, years + 1) %}
    select cast({{ year }} as bigint) as year_number
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

layers as (

    select
        scenarios.scenario,
        scenarios.new_customer_count,
        scenarios.yearly_retention_rate,
        year_of_sight.year_number,
        year_of_start.year_number as layer_number,
        cast(
            scenarios.new_customer_count
            * cast(
                power(
                    cast(scenarios.yearly_retention_rate as double),
                    cast(year_of_sight.year_number - year_of_start.year_number as double)
                ) as decimal(20, 10)
            ) as decimal(28, 6)
        ) as layer_customers
    from scenarios
    cross join years as year_of_sight
    inner join years as year_of_start on year_of_start.year_number <= year_of_sight.year_number

),

simulated as (

    select
        cast(scenario as string) as scenario,
        cast(year_number as bigint) as year_number,
        cast(layer_number as bigint) as layer_number,
        cast(new_customer_count as bigint) as new_customer_count,
        cast(yearly_retention_rate as decimal(18, 6)) as yearly_retention_rate,
        {{ total('layer_customers') }} as layer_customers,
        {{ total('sum(layer_customers) over (partition by scenario, year_number)') }}
            as year_customers,
        {{ divide('new_customer_count', '1 - yearly_retention_rate') }} as limit_customers,
        cast(case when yearly_retention_rate = 1 then 'nobody_leaves' end as string)
            as limit_customers_null_reason,
        {{ policy_columns() }}
    from layers

)

select * from simulated
