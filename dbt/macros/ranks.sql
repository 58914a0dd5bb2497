{#- Ranks into groups, in whole numbers: no division, so no engine can round a border. -#}

{#- min(5, 1 + floor(5 x percent_rank)) with percent_rank = (rank - 1) / (count - 1), 0 when alone.
    `place` must be rank() (ties share it), so that equal values get equal scores (G-18). -#}
{% macro score_of_rank(place, count) -%}
cast(
    1
    {%- for fifth in range(1, 5) %}
    + case when {{ count }} > 1 and 5 * ({{ place }} - 1) >= {{ fifth }} * ({{ count }} - 1) then 1 else 0 end
    {%- endfor %} as bigint
)
{%- endmacro %}

{#- ceil(place x 10 / count) of a place from row_number(); fewer than ten: one group each (G-19). -#}
{% macro decile_of_place(place, count) -%}
cast(
    case
        when {{ count }} < 10 then {{ place }}
        else
            1
            {%- for tenth in range(1, 10) %}
            + case when 10 * {{ place }} > {{ tenth }} * {{ count }} then 1 else 0 end
            {%- endfor %}
    end as bigint
)
{%- endmacro %}
