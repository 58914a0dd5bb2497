-- Every day with its business minutes and how many had passed before it, so that the business
-- minutes between two instants are one subtraction. The company's own calendar wins over weekends
-- and holidays, both ways.
{%- set hours = business_hours() %}
with days as (

    {{ day_spine("cast('2000-01-01' as date)", "cast('2039-12-31' as date)") }}  -- noqa: PRS

),

holidays as (

    select * from {{ ref('japanese_holidays') }}

),

company_days as (

    select
        date,
        max(cast(is_closed as int)) as is_closed,
        min(name) as name
    from {{ ref('stg_reference__company_calendar') }}
    group by date

),

named as (

    select
        days.day,
        -- 1990-01-01 was a Monday
        cast(mod({{ days_between("cast('1990-01-01' as date)", 'days.day') }}, 7) + 1 as bigint)
            as iso_weekday,
        holidays.holiday_name_ja,
        company_days.is_closed,
        company_days.name as company_day_name
    from days
    left join holidays on days.day = holidays.holiday_date
    left join company_days on days.day = company_days.date

),

opened as (

    select
        *,
        case
            when is_closed is not null then 1 - is_closed
            when holiday_name_ja is not null then 0
            when iso_weekday between {{ hours.first_weekday }} and {{ hours.last_weekday }} then 1
            else 0
        end as is_open
    from named

),

counted as (

    select
        day,
        iso_weekday,
        cast(holiday_name_ja as string) as holiday_name_ja,
        cast(company_day_name as string) as company_day_name,
        cast(is_open = 1 as boolean) as is_business_day,
        -- what is due on a day off is done by then; null before the first business day
        cast(
            max(case when is_open = 1 then day end) over (
                order by day nulls last rows between unbounded preceding and current row
            ) as date
        ) as last_business_day,
        cast(is_open * {{ hours.closes_at - hours.opens_at }} as bigint) as business_minutes,
        cast(
            sum(is_open * {{ hours.closes_at - hours.opens_at }}) over (
                order by day nulls last rows between unbounded preceding and current row
            ) - is_open * {{ hours.closes_at - hours.opens_at }} as bigint
        ) as business_minutes_before
    from opened

)

select * from counted
