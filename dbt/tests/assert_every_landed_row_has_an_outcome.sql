-- If this fails, rows were landed and then lost or counted twice on the way to staging: the
-- figures of a delivery no longer add up, and nobody can say which rows a total is made of.
with load_manifest as (

    select * from {{ ref('obs_load_manifest') }}

),

summed as (

    select
        delivery_id,
        entity,
        rows_landed,
        rows_current
        + rows_unchanged
        + rows_superseded
        + rows_deleted
        + rows_recomputed as rows_with_outcome
    from load_manifest

)

select * from summed
where rows_landed <> rows_with_outcome
