{#- how far the calendar reaches beyond the day of the run -#}
{%- set months_ahead = 24 %}
with days as (

    select * from {{ ref('int_business_days_counted') }}

),

labelled as (

    select
        day as date_key,
        {{ month_start('day') }} as month,
        {{ fiscal_year('day') }} as fiscal_year,
        {{ fiscal_quarter('day') }} as fiscal_quarter,
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
