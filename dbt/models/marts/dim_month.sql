{%- set fiscal_start = var('fiscal_year_start_month') %}
with months as (

    select * from {{ ref('int_months_bounded') }}

),

labelled as (

    select
        month,
        month_end,
        {{ fiscal_year('month') }} as fiscal_year,
        -- 1 for the first three months of the fiscal year
        cast(
            case
                when mod(month(month) - {{ fiscal_start }} + 12, 12) < 3 then 1
                when mod(month(month) - {{ fiscal_start }} + 12, 12) < 6 then 2
                when mod(month(month) - {{ fiscal_start }} + 12, 12) < 9 then 3
                else 4
            end as bigint
        ) as fiscal_quarter,
        cast(month = history_start_month as boolean) as is_opening_month,
        {{ policy_columns() }}
    from months

)

select * from labelled
