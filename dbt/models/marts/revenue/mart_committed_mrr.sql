{%- set commitments = [
    'scheduled_end', 'scheduled_contraction', 'signed_expansion', 'signed_new',
] %}
with changes as (

    select * from {{ ref('fct_committed_change') }}

),

waterfall as (

    select * from {{ ref('mart_mrr_waterfall') }}
    where basis = 'contract' and view = 'as_restated'

),

month_ends as (

    select
        month,
        max(end_mrr) as mrr
    from waterfall
    group by month

),

summed as (

    select
        month,
        {%- for commitment in commitments %}
        sum(case when commitment = '{{ commitment }}' then mrr_change else 0 end)
            as {{ commitment }}_mrr,
        count(distinct case when commitment = '{{ commitment }}' then customer_key end)
            as {{ commitment }}_customer_count,
        {%- endfor %}
        sum(mrr_change) as committed_change
    from changes
    group by month

),

committed as (

    select
        month_ends.month,
        {{ total('month_ends.mrr') }} as mrr,
        {%- for commitment in commitments %}
        {{ total('coalesce(summed.' ~ commitment ~ '_mrr, 0)') }} as {{ commitment }}_mrr,
        cast(coalesce(summed.{{ commitment }}_customer_count, 0) as bigint)
            as {{ commitment }}_customer_count,
        {%- endfor %}
        {{ total('month_ends.mrr + coalesce(summed.committed_change, 0)') }} as committed_mrr,
        {{ total('12 * month_ends.mrr') }} as arr,
        {{ total('12 * (month_ends.mrr + coalesce(summed.committed_change, 0))') }} as carr,
        {{ policy_columns() }}
    from month_ends
    left join summed on month_ends.month = summed.month

)

select * from committed
