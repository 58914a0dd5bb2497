-- Invariant 1 in total: begin + movements = end, and each month begins where the last one ended.
-- Both for what was reported and for what is known now. If not, the waterfall on the page does not reach its own last bar.
with waterfall as (

    select * from {{ ref('mart_mrr_waterfall') }}

),

monthly as (

    select
        basis,
        view,
        month,
        min(begin_mrr) as begin_mrr,
        min(end_mrr) as end_mrr,
        sum(mrr_change) as mrr_change
    from waterfall
    group by basis, view, month

),

chained as (

    select
        monthly.*,
        lag(end_mrr) over (
            partition by basis, view order by month nulls last
        ) as last_end_mrr
    from monthly

)

select * from chained
where
    begin_mrr + mrr_change <> end_mrr
    or (last_end_mrr is not null and begin_mrr <> last_end_mrr)
