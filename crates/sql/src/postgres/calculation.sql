-- What SQLite has from Rust (crates/sqlite/src/calculation.rs), in the words of PostgreSQL. A wide number is a numeric that
-- is scaled as a decimal's column is. Plain expressions, which the planner puts in place of the call, wherever they can be.

CREATE OR REPLACE FUNCTION tidemark_narrow(numeric, bigint, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN $1 BETWEEN $2 AND $3 THEN $1::bigint END;

-- Zero divided by zero is no number.
CREATE OR REPLACE FUNCTION tidemark_divby(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $2 <> 0 THEN div($1, $2)
        WHEN $2 = 0 THEN CASE
            WHEN $1 = 'NaN' OR $1 = 0 THEN 'NaN'::numeric
            WHEN $1 > 0 THEN 'Infinity'::numeric
            WHEN $1 < 0 THEN '-Infinity'::numeric
        END
    END;

CREATE OR REPLACE FUNCTION tidemark_floor(numeric, integer) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN floor($1 * ('1e-' || $2)::numeric);
CREATE OR REPLACE FUNCTION tidemark_ceiling(numeric, integer) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ceil($1 * ('1e-' || $2)::numeric);
CREATE OR REPLACE FUNCTION tidemark_round(numeric, integer) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round($1 * ('1e-' || $2)::numeric);

CREATE OR REPLACE FUNCTION tidemark_real_div(double precision, double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $2 <> 0 THEN $1 / $2
        WHEN $2 = 0 THEN CASE
            WHEN $1 = 'NaN' OR $1 = 0 THEN 'NaN'::double precision
            WHEN $1 > 0 THEN 'Infinity'::double precision
            WHEN $1 < 0 THEN '-Infinity'::double precision
        END
    END;

-- Doubling and taking away are exact, where a quotient would be rounded.
CREATE OR REPLACE FUNCTION tidemark_real_mod(a double precision, b double precision) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    rest double precision := abs(a);
    part double precision := abs(b);
    taken double precision := part;
BEGIN
    IF a = 'NaN' OR b = 'NaN' THEN RETURN 'NaN'; END IF;
    IF b = 0 THEN RAISE division_by_zero; END IF;
    IF rest = 'Infinity' THEN RETURN 'NaN'; END IF;
    WHILE taken <= rest - taken LOOP taken := taken + taken; END LOOP;
    LOOP
        IF taken <= rest THEN rest := rest - taken; END IF;
        EXIT WHEN taken <= part;
        taken := taken / 2;
    END LOOP;
    RETURN CASE WHEN a < 0 THEN -rest ELSE rest END;
END $$;

CREATE OR REPLACE FUNCTION tidemark_real_floor(double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN floor($1);
CREATE OR REPLACE FUNCTION tidemark_real_ceiling(double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ceil($1);
-- PostgreSQL's own rounds halves to even.
CREATE OR REPLACE FUNCTION tidemark_real_round(double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN abs($1) = 'Infinity' OR $1 = 'NaN' THEN $1
        ELSE trunc($1) + CASE WHEN abs($1 - trunc($1)) >= 0.5 THEN sign($1) ELSE 0 END
    END;

-- PostgreSQL calls the year 0000 the year 1 before Christ; 400 years are 146,097 days.
CREATE OR REPLACE FUNCTION tidemark_date(bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $1 BETWEEN -719162 AND 2932896 THEN to_char(DATE '1970-01-01' + $1::integer, 'YYYY-MM-DD')
        WHEN $1 BETWEEN -719528 AND -719163 THEN '0000' || to_char(DATE '1970-01-01' + ($1 + 146097)::integer, '-MM-DD')
    END;
CREATE OR REPLACE FUNCTION tidemark_days(text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN make_date(substr($1, 1, 4)::integer + 400, substr($1, 6, 2)::integer, substr($1, 9, 2)::integer)
        - DATE '1970-01-01' - 146097::bigint;
CREATE OR REPLACE FUNCTION tidemark_time_of(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ($1 % 86400000000 + 86400000000) % 86400000000;
CREATE OR REPLACE FUNCTION tidemark_day_of(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ($1 - ($1 % 86400000000 + 86400000000) % 86400000000) / 86400000000;

CREATE OR REPLACE FUNCTION tidemark_substring(text, numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $2 >= 0 THEN substr($1, (least($2, 2147483645) + 1)::integer)
        WHEN $2 < 0 THEN right($1, least(-$2, 2147483645)::integer)
    END;
CREATE OR REPLACE FUNCTION tidemark_substring(text, numeric, numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- least and greatest pass nulls over.
    RETURN CASE
        WHEN $3 IS NOT NULL THEN substr(tidemark_substring($1, $2), 1, greatest(least($3, 2147483645), -1)::integer)
    END;

-- A fraction of a second has no, three or six digits.
CREATE OR REPLACE FUNCTION tidemark_time_text(bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lpad(($1 / 3600000000)::text, 2, '0') || ':' || lpad(($1 / 60000000 % 60)::text, 2, '0') || ':'
        || lpad(($1 / 1000000 % 60)::text, 2, '0')
        || CASE
            WHEN $1 % 1000000 = 0 THEN ''
            WHEN $1 % 1000 = 0 THEN '.' || lpad(($1 / 1000 % 1000)::text, 3, '0')
            ELSE '.' || lpad(($1 % 1000000)::text, 6, '0')
        END;
CREATE OR REPLACE FUNCTION tidemark_instant_text(bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN tidemark_date(tidemark_day_of($1)) || 'T' || tidemark_time_text(tidemark_time_of($1)) || 'Z';
CREATE OR REPLACE FUNCTION tidemark_duration_text(numeric) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    all_of_it numeric := abs($1);
    days numeric;
    hours integer;
    minutes integer;
    seconds integer;
    fraction integer;
    parts text := '';
BEGIN
    IF all_of_it = 'Infinity' OR all_of_it = 'NaN' THEN RETURN NULL; END IF;
    days := div(all_of_it, 86400000000);
    hours := mod(div(all_of_it, 3600000000), 24);
    minutes := mod(div(all_of_it, 60000000), 60);
    seconds := mod(div(all_of_it, 1000000), 60);
    fraction := mod(all_of_it, 1000000);
    IF hours > 0 THEN parts := parts || hours || 'H'; END IF;
    IF minutes > 0 THEN parts := parts || minutes || 'M'; END IF;
    IF seconds > 0 OR fraction > 0 OR (parts = '' AND days = 0) THEN
        parts := parts || seconds || CASE
            WHEN fraction = 0 THEN ''
            WHEN fraction % 1000 = 0 THEN '.' || lpad((fraction / 1000)::text, 3, '0')
            ELSE '.' || lpad(fraction::text, 6, '0')
        END || 'S';
    END IF;
    RETURN CASE WHEN $1 < 0 THEN '-' ELSE '' END || 'P' || CASE WHEN days > 0 THEN days || 'D' ELSE '' END
        || CASE WHEN parts = '' THEN '' ELSE 'T' || parts END;
END $$;

CREATE OR REPLACE FUNCTION tidemark_wide_text(numeric, integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE $1
        WHEN 'NaN' THEN 'NaN'
        WHEN 'Infinity' THEN 'INF'
        WHEN '-Infinity' THEN '-INF'
        ELSE trim_scale($1 * ('1e-' || $2)::numeric)::text
    END;
-- As JSON has it: with a point, and with an exponent below 1e-5 and from 1e16 on.
CREATE OR REPLACE FUNCTION tidemark_real_text(double precision) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    written text := abs($1)::text;
    sign text := CASE WHEN $1 < 0 THEN '-' ELSE '' END;
    mantissa text;
    exponent integer;
    digits text;
    point integer;
BEGIN
    IF $1 = 'NaN' THEN RETURN 'NaN'; END IF;
    IF abs($1) = 'Infinity' THEN RETURN sign || 'INF'; END IF;
    IF $1 = 0 THEN RETURN '0.0'; END IF;
    mantissa := split_part(written, 'e', 1);
    exponent := coalesce(nullif(split_part(written, 'e', 2), ''), '0')::integer;
    -- Where the point stands among the digits, zeros in front and behind left out.
    point := length(split_part(mantissa, '.', 1)) + exponent;
    digits := replace(mantissa, '.', '');
    point := point - (length(digits) - length(ltrim(digits, '0')));
    digits := trim('0' FROM digits);
    RETURN sign || CASE
        WHEN point BETWEEN length(digits) AND 16 THEN rpad(digits, point, '0') || '.0'
        WHEN point BETWEEN 1 AND 16 THEN left(digits, point) || '.' || substr(digits, point + 1)
        WHEN point BETWEEN -4 AND 0 THEN '0.' || repeat('0', -point) || digits
        ELSE left(digits, 1) || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE '' END
            || CASE WHEN point > 0 THEN 'e+' ELSE 'e' END || (point - 1)
    END;
END $$;

CREATE OR REPLACE FUNCTION tidemark_text_wide(text, integer) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $1 ~ '^[-+]?[0-9]{1,30}([.][0-9]{1,30})?([eE][-+]?[0-9]{1,3})?$'
        THEN CASE
            WHEN abs(round($1::numeric * ('1e' || $2)::numeric)) <= 170141183460469231731687303715884105725
            THEN round($1::numeric * ('1e' || $2)::numeric)
        END
    END;
CREATE OR REPLACE FUNCTION tidemark_real_wide(double precision, integer) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $1 = 'NaN' OR abs($1) = 'Infinity' THEN $1::numeric
        WHEN abs($1) < 1e-60 THEN 0
        WHEN abs($1) < 1e38 THEN CASE
            WHEN abs(round($1::text::numeric * ('1e' || $2)::numeric)) <= 170141183460469231731687303715884105725
            THEN round($1::text::numeric * ('1e' || $2)::numeric)
        END
    END;
-- A text beyond all doubles is an error to a cast; what is nearer to zero than any of them is zero.
CREATE OR REPLACE FUNCTION tidemark_text_real(text) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $1 IN ('INF', '-INF', 'NaN') THEN replace($1, 'INF', 'Infinity')::double precision
        WHEN $1 ~ '^[-+]?[0-9]{1,30}([.][0-9]{1,30})?([eE][-+]?[0-9]{1,3})?$'
        THEN CASE
            WHEN abs($1::numeric) <= 2.4703282292062328e-324 THEN 0
            WHEN abs($1::numeric) < 1.7976931348623158e308 THEN $1::double precision
        END
    END;
CREATE OR REPLACE FUNCTION tidemark_text_date(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    IF $1 !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' OR tidemark_days($1) IS NULL THEN RETURN NULL; END IF;
    RETURN $1;
EXCEPTION WHEN datetime_field_overflow THEN
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tidemark_text_time(text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $1 ~ '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6}0*)?)?$'
        THEN substr($1, 1, 2)::bigint * 3600000000 + substr($1, 4, 2)::bigint * 60000000
            + (('0' || substr($1, 7))::numeric * 1000000)::bigint
    END;
CREATE OR REPLACE FUNCTION tidemark_text_instant(text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN micros BETWEEN -62167219200000000 AND 253402300799999999 THEN micros END
    FROM regexp_match($1, '^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](.*?)([Zz]|[-+][0-9]{2}:[0-9]{2})?$') AS part,
        LATERAL (SELECT coalesce(nullif(upper(part[3]), 'Z'), '+00:00') AS zone) AS zoned,
        LATERAL (
            SELECT tidemark_days(tidemark_text_date(part[1])) * 86400000000 + tidemark_text_time(part[2])
                - (substr(zone, 1, 1) || '1')::bigint
                    * (substr(zone, 2, 2)::bigint * 60 + substr(zone, 5, 2)::bigint) * 60000000 AS micros
            WHERE substr(zone, 2, 2)::integer <= 23 AND substr(zone, 5, 2)::integer <= 59
        ) AS counted
$$;
CREATE OR REPLACE FUNCTION tidemark_text_duration(text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN micros BETWEEN -9223372036854775808 AND 9223372036854775807 THEN micros END
    FROM regexp_match(
        $1,
        '^([-+]?)P(?:([0-9]{1,18})D)?(T(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18}(?:[.][0-9]{1,6}0*)?)S)?)?$'
    ) AS part,
        LATERAL (
            SELECT CASE WHEN part[1] = '-' THEN -1 ELSE 1 END * (
                coalesce(part[2]::numeric, 0) * 86400000000 + coalesce(part[4]::numeric, 0) * 3600000000
                + coalesce(part[5]::numeric, 0) * 60000000 + coalesce(part[6]::numeric, 0) * 1000000
            )::numeric(60, 0) AS micros
        ) AS counted
    WHERE part[3] IS DISTINCT FROM 'T' AND (part[2] IS NOT NULL OR part[3] IS NOT NULL)
$$;
CREATE OR REPLACE FUNCTION tidemark_text_guid(text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN $1 ~ '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$' THEN $1::uuid
    END;
