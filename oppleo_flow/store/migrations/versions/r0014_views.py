"""Views for the owner's own SQL, in PostgreSQL.

Each row is as the site's own pages have it: with corrections, with the clock put right, and with
prices.  What a session costs by a tariff is kept with it in slices when it ends; where there are
none, it is known here if one flat price held all the while, else it is empty.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SAID = (
    *("void", "started_at", "ended_at", "meter_start_wh", "meter_end_wh", "energy_wh", "label"),
    *("driver", "vehicle", "plate", "cost_centre", "odometer_km"),
)
_LAST_SAID = ",\n".join(
    f"    (array_agg(c.{name} ORDER BY c.number DESC) FILTER (WHERE c.{name} IS NOT NULL))[1]"
    f" AS {name}"
    for name in _SAID
)
_NAMED = ",\n".join(
    f"    CASE WHEN c.{name} IS NULL THEN r.{name} ELSE nullif(c.{name}, '') END AS {name}"
    for name in ("driver", "vehicle", "plate", "cost_centre")
)
_ANY_REGISTER = "c.meter_start_wh IS NOT NULL OR c.meter_end_wh IS NOT NULL"
_ZONE = (
    "coalesce((SELECT a.time_zone FROM arrivals a WHERE a.charge_point = f.charge_point), 'UTC')"
)

LISTED_PRICE = """(SELECT CASE WHEN p.tariff IS NULL THEN p.price_per_kwh END FROM price_versions p
     WHERE p.charge_point = f.charge_point AND p.valid_from <= f.started_at
       AND NOT EXISTS (
         SELECT 1 FROM price_versions n WHERE n.charge_point = f.charge_point
         AND n.valid_from > f.started_at AND n.valid_from < f.ended_at)
     ORDER BY p.valid_from DESC LIMIT 1)"""


def sessions_view(flat_price: str) -> str:
    """Return the view of sessions; `flat_price` is what all of one costs that has no slices."""
    return f"""
CREATE VIEW sessions AS
WITH events AS (
  SELECT
    coalesce(e.charge_point, s.charge_point) AS charge_point,
    coalesce(e.session_id, s.session_id) AS session_id,
    coalesce(s.point, '') AS point,
    coalesce(e.token_id, s.token_id) AS token_id,
    coalesce(e.uid, s.uid) AS uid,
    coalesce(e.label, s.label) AS label,
    coalesce(s.trigger, 'card') AS trigger,
    s.driver, s.vehicle, s.plate, s.cost_centre, o.odometer_km,
    CASE WHEN b.boot_id IS NULL THEN coalesce(e.started_at, s.started_at)
         ELSE b.began_at + make_interval(secs => s.monotonic_s) END AS started_at,
    coalesce(e.started_at, s.started_at) AS clock_started_at,
    e.session_id IS NULL AND s.closed_at IS NOT NULL AS lost,
    s.closed_at, e.ended_at AS clock_ended_at,
    eb.began_at + make_interval(secs => e.monotonic_s) AS found_ended_at,
    CASE WHEN e.session_id IS NULL THEN coalesce(l.meter_start_wh, s.meter_start_wh)
         ELSE e.meter_start_wh END AS meter_start_wh,
    coalesce(t.meter_end_wh, e.meter_end_wh) AS meter_end_wh,
    coalesce(t.energy_wh, e.energy_wh) AS energy_wh,
    coalesce(l.meter_serial, s.meter_serial) AS meter_serial,
    CASE WHEN l.latched_at IS NOT NULL THEN 'late'
         ELSE coalesce(s.meter_start_quality, 'unknown') END AS meter_start_quality,
    e.reason, coalesce(e.interrupted, false) AS interrupted, e.price_version_id,
    coalesce(e.clock_uncertain, s.clock_uncertain) AND NOT (
      (s.boot_id IS NOT NULL OR e.boot_id IS NOT NULL)
      AND (s.boot_id IS NULL OR b.boot_id IS NOT NULL)
      AND (e.boot_id IS NULL OR eb.boot_id IS NOT NULL)
    ) AS clock_uncertain
  FROM session_ended e
  FULL JOIN session_started s ON s.session_id = e.session_id
  LEFT JOIN session_latched l ON l.session_id = coalesce(e.session_id, s.session_id)
  LEFT JOIN session_settled t ON t.session_id = coalesce(e.session_id, s.session_id)
  LEFT JOIN session_odometer o ON o.session_id = coalesce(e.session_id, s.session_id)
  LEFT JOIN boots b ON b.charge_point = s.charge_point AND b.boot_id = s.boot_id
  LEFT JOIN boots eb ON eb.charge_point = e.charge_point AND eb.boot_id = e.boot_id
), recorded AS (
  SELECT v.*,
    CASE WHEN v.lost THEN v.closed_at
         WHEN v.found_ended_at IS NOT NULL THEN greatest(v.started_at, v.found_ended_at)
         ELSE v.clock_ended_at END AS ended_at,
    CASE WHEN v.started_at = v.clock_started_at THEN v.price_version_id END AS kept_price_id
  FROM events v
), said AS (
  SELECT c.session_id,
{_LAST_SAID},
    max(c.number) FILTER (WHERE c.energy_wh IS NOT NULL) AS energy_number,
    max(c.number) FILTER (WHERE {_ANY_REGISTER}) AS register_number
  FROM session_corrections c GROUP BY c.session_id
), corrected AS (
  SELECT r.charge_point, r.session_id, r.point, r.token_id, r.uid, r.trigger,
    r.meter_serial, r.meter_start_quality, r.clock_uncertain, r.kept_price_id,
    r.interrupted OR r.lost AS interrupted,
    CASE WHEN r.lost THEN 'lost' ELSE r.reason END AS reason,
    c.session_id IS NOT NULL AS corrected,
    coalesce(c.void, false) AS void,
    coalesce(c.label, r.label) AS label,
{_NAMED},
    coalesce(c.odometer_km, r.odometer_km) AS odometer_km,
    coalesce(c.started_at, r.started_at) AS started_at,
    coalesce(c.ended_at, r.ended_at) AS ended_at,
    r.started_at AS recorded_started_at,
    (coalesce(c.started_at, r.started_at), coalesce(c.ended_at, r.ended_at))
      IS DISTINCT FROM (r.started_at, r.ended_at) AS moved,
    coalesce(c.meter_start_wh, r.meter_start_wh) AS start_wh,
    coalesce(c.meter_end_wh, r.meter_end_wh) AS end_wh,
    CASE WHEN c.register_number > coalesce(c.energy_number, 0)
         THEN coalesce(c.meter_end_wh, r.meter_end_wh)
              - coalesce(c.meter_start_wh, r.meter_start_wh)
         ELSE coalesce(c.energy_wh, r.energy_wh) END AS used_wh
  FROM recorded r LEFT JOIN said c ON c.session_id = r.session_id
), figures AS (
  SELECT c.*,
    CASE WHEN NOT c.void THEN c.start_wh END AS meter_start_wh,
    CASE WHEN NOT c.void THEN c.end_wh END AS meter_end_wh,
    CASE WHEN c.void THEN 0 ELSE c.used_wh END AS energy_wh
  FROM corrected c
), kept AS (
  SELECT k.session_id, sum((k.end_wh - k.start_wh) * k.per_kwh) AS cost,
    bool_or(k.estimated) AS estimated,
    (array_agg(k.start_wh ORDER BY k.number))[1] AS start_wh,
    (array_agg(k.end_wh ORDER BY k.number DESC))[1] AS end_wh
  FROM slices k GROUP BY k.session_id
), priced AS (
  SELECT f.*, {_ZONE} AS time_zone,
    k.session_id IS NOT NULL AND NOT f.moved
      AND k.start_wh = f.meter_start_wh AND k.end_wh = f.meter_end_wh AS has_slices,
    k.cost, k.estimated,
    coalesce(
      (SELECT p.price_per_kwh FROM price_versions p
       WHERE p.price_version_id = f.kept_price_id AND p.charge_point = f.charge_point),
      (SELECT p.price_per_kwh FROM price_versions p
       WHERE p.charge_point = f.charge_point AND p.valid_from <= f.recorded_started_at
       ORDER BY p.valid_from DESC LIMIT 1)
    ) AS known_price,
    {flat_price} AS flat_price,
    (SELECT p.currency FROM price_versions p WHERE p.charge_point = f.charge_point LIMIT 1)
      AS site_currency
  FROM figures f LEFT JOIN kept k ON k.session_id = f.session_id
), billed AS (
  SELECT p.*,
    CASE WHEN p.ended_at IS NULL OR p.energy_wh IS NULL THEN NULL
         WHEN p.void THEN p.known_price * 0
         WHEN p.has_slices THEN p.cost / 1000
         ELSE coalesce(p.meter_end_wh - p.meter_start_wh, p.energy_wh) * p.flat_price / 1000
    END AS exact_amount
  FROM priced p
)
SELECT charge_point, session_id, point, label, uid, token_id, trigger,
  driver, vehicle, plate, cost_centre, odometer_km,
  started_at, started_at AT TIME ZONE time_zone AS started_local,
  ended_at, ended_at AT TIME ZONE time_zone AS ended_local, time_zone,
  meter_serial, meter_start_wh, meter_end_wh,
  energy_wh, round(energy_wh / 1000.0, 3) AS energy_kwh,
  round(exact_amount, 2) AS amount,
  CASE WHEN exact_amount IS NOT NULL THEN site_currency END AS currency,
  reason, meter_start_quality, interrupted, clock_uncertain, corrected, void,
  coalesce(has_slices AND estimated, false) AS estimated
FROM billed
"""


_MONTHLY = """
CREATE VIEW monthly_energy AS
SELECT charge_point, date_trunc('month', ended_local)::date AS month, label,
  count(*) AS sessions,
  sum(energy_wh)::bigint AS energy_wh, round(sum(energy_wh) / 1000.0, 3) AS energy_kwh,
  count(*) FILTER (WHERE energy_wh IS NULL) AS energy_unknown,
  sum(amount) AS amount, max(currency) AS currency,
  count(*) FILTER (WHERE amount IS NULL) AS amount_unknown
FROM sessions
WHERE ended_at IS NOT NULL AND NOT void
GROUP BY charge_point, date_trunc('month', ended_local)::date, label
"""

_QUARTERS = f"""
CREATE VIEW readings_per_quarter_hour AS
SELECT f.charge_point, f.meter,
  to_timestamp(f.since_s) AS since,
  to_timestamp(f.since_s) AT TIME ZONE {_ZONE} AS since_local,
  f.start_wh, f.end_wh, f.energy_wh, round(f.energy_wh / 1000.0, 3) AS energy_kwh,
  f.min_w, f.mean_w, f.max_w, f.known_s
FROM reading_slots f WHERE f.slot_s = 900
"""

_ABOUT = {
    "sessions": "Each session, with corrections and prices. started_at is a moment; started_local "
    "is what a clock at the site showed, in time_zone. amount is empty where the price is not "
    "known, or only the site can tell.",
    "monthly_energy": "The sessions that ended in each month, by the clock at the site, per card. "
    "What is not known is not in the sums, but counted in energy_unknown and amount_unknown.",
    "readings_per_quarter_hour": "What each meter measured in each quarter of an hour; known_s "
    "says of how many of its 900 seconds anything is known.",
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for view in (sessions_view(LISTED_PRICE), _MONTHLY, _QUARTERS):
        op.execute(view)
    for name, about in _ABOUT.items():
        quoted = about.replace("'", "''")
        op.execute(f"COMMENT ON VIEW {name} IS '{quoted}'")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name in ("readings_per_quarter_hour", "monthly_energy", "sessions"):
        op.execute(f"DROP VIEW {name}")
