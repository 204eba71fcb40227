"""Distances between places, as whole metres."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8
#: Metres of one degree of latitude, a little short, so that a band of latitudes is never too narrow.
DEGREE_M = 111_000.0


def straight_line_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the great-circle distance between two places in degrees (haversine)."""
    phi, other_phi = radians(latitude), radians(other_latitude)
    half_chord = (
        sin((other_phi - phi) / 2) ** 2 + cos(phi) * cos(other_phi) * sin(radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half_chord)))


def road_m(straight_m: float, detour_per_mille: int) -> int:
    """Return the road distance that is assumed for a straight line: whole metres, so that scores are exact integers."""
    return round(straight_m * detour_per_mille / 1000)
