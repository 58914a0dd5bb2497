{#- two years of months are enough to see concentration move, and bound customers x months -#}
{%- set months_shown = 24 %}
with movements as (

    select * from {{ ref('int_customer_movements_classified') }}

),

months as (

    select * from {{ ref('int_months_bounded') }}
    where month > {{ add_months('last_completed_month', -months_shown) }}

),

levels as (

    select
        customer_key,
        month,
        lead(month) over (partition by customer_key order by month nulls last) as next_month,
        mrr_after as mrr
    from movements

),

held as (

    select
        months.month,
        levels.customer_key,
        levels.mrr
    from months
    inner join levels
        on
            levels.month <= months.month
            and (levels.next_month is null or levels.next_month > months.month)
    where levels.mrr > 0

),

placed as (

    select
        month,
        mrr,
        row_number() over (
            partition by month order by mrr desc nulls last, customer_key nulls last
        ) as place,
        sum(mrr) over (partition by month) as mrr_of_all
    from held

),

shared as (

    select
        placed.*,
        cast({{ divide('mrr', 'mrr_of_all') }} as decimal(10, 6)) as mrr_share
    from placed

),

summed as (

    select
        month,
        count(*) as customer_count,
        sum(mrr) as mrr,
        {%- for top in [1, 5, 10] %}
        sum(case when place <= {{ top }} then mrr else 0 end) as top_{{ top }}_mrr,
        {%- endfor %}
        sum(mrr_share * mrr_share) as share_squares
    from shared
    group by month

),

concentration as (

    select
        months.month,
        cast(coalesce(summed.customer_count, 0) as bigint) as customer_count,
        {{ total('coalesce(summed.mrr, 0)') }} as mrr,
        {%- for top in [1, 5, 10] %}
        {{ total('coalesce(summed.top_' ~ top ~ '_mrr, 0)') }} as top_{{ top }}_mrr,
        {{ divide('summed.top_' ~ top ~ '_mrr', 'summed.mrr') }} as top_{{ top }}_share_rate,
        {%- endfor %}
        cast(summed.share_squares as decimal(18, 6)) as hhi_ratio,
        cast(case when summed.mrr is null then 'no_mrr' end as string)
            as concentration_null_reason,
        {{ policy_columns() }}
    from months
    left join summed on months.month = summed.month

)

select * from concentration
