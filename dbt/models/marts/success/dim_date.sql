{#- how far the calendar reaches beyond the day of the run -#}
{%- set months_ahead = 24 %}
{%- set fiscal_start = var('fiscal_year_start_month') %}
with days as (

    select * from {{ ref('int_business_days_counted') }}

),

labelled as (

    select
        day as date_key,
        {{ month_start('day') }} as month,
        {{ fiscal_year('day') }} as fiscal_year,
        cast(
            case
                when mod(month(day) - {{ fiscal_start }} + 12, 12) < 3 then 1
                when mod(month(day) - {{ fiscal_start }} + 12, 12) < 6 then 2
                when mod(month(day) - {{ fiscal_start }} + 12, 12) < 9 then 3
                else 4
            end as bigint
        ) as fiscal_quarter,
        iso_weekday,
        is_business_day,
        holiday_name_ja,
        company_day_name,
        business_minutes,
        {{ policy_columns() }}
    from days
    where day <= {{ add_months(as_of(), months_ahead) }}

)

select * from labelled
