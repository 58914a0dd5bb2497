-- Invariant 3. One month too many, and the whole paying base "churns" in the unfinished month.
select movements.month
from {{ ref('fct_mrr_movement') }} as movements
left join {{ ref('dim_month') }} as months on movements.month = months.month
where months.month is null
