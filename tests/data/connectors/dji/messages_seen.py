"""Single messages from public sources, with what they are known to say."""

from __future__ import annotations

# DJI's own example (Cloud API, dock-to-cloud, topic definition, "osd"): a dock with its aircraft in it.
DOCK = b"""{"tid": "43d2e632-1558-4c4e-83d2-eeb51b7a377a", "bid": "7578f2ac-1f12-4d47-9ab6-5de146ed7b8a",
"timestamp": 1667220916697, "data": {"network_state": {"type": 2, "quality": 0, "rate": 5.0970001220703125},
"drone_charge_state": {"state": 0, "capacity_percent": 100}, "drone_in_dock": 1, "rainfall": 0, "wind_speed": 0,
"environment_temperature": 24, "temperature": 24.9, "humidity": 62, "latitude": 22.907809968,
"longitude": 113.703482143, "height": 34.174125671386719, "alternate_land_point": {"latitude": 22.907898319908661,
"longitude": 113.70347329676635, "safe_land_height": 0, "is_configured": 1}, "first_power_on": 1631945855969,
"position_state": {"is_calibration": 1, "is_fixed": 2, "quality": 5, "gps_number": 6, "rtk_number": 25},
"storage": {"total": 82045336, "used": 51772}, "mode_code": 1, "cover_state": 0, "supplement_light_state": 0,
"emergency_stop_state": 0, "air_conditioner_mode": 0, "battery_store_mode": 1, "alarm_state": 0, "putter_state": 0,
"sub_device": {"device_sn": "1581F5BKD225D00BP891", "device_model_key": "0-67-0", "device_online_status": 0,
"device_paired": 1}}, "gateway": "dock_sn"}"""
# The same example's other part, which tells no position.
DOCK_LINKS = b"""{"bid": "d6cfcea4-c6ca-439b-948f-b17d88fc308f", "data": {"flighttask_step_code": 255,
"media_file_detail": {"remain_upload": 0}, "wireless_link": {"4g_freq_band": 2.4, "4g_gnd_quality": 0,
"4g_link_state": 0, "4g_quality": 0, "4g_uav_quality": 0, "dongle_number": 0, "link_workmode": 0,
"sdr_freq_band": 2.4, "sdr_link_state": 0, "sdr_quality": 0}}, "tid": "e4c15182-776b-4c13-9973-3fc76848ca15",
"timestamp": 1667220881576, "gateway": "dock_sn"}"""
# An aircraft's properties as a client on GitHub recorded them (DeviceOsdAircraft), its cameras, limits and
# serial numbers left out, in DJI's envelope.
AIRCRAFT = b"""{"tid": "t1", "bid": "b1", "timestamp": 1667220920000, "gateway": "dock_sn", "data": {
"attitude_head": 121, "attitude_pitch": -4.3, "attitude_roll": 0.9, "battery": {"capacity_percent": 81,
"landing_power": 8, "remain_flight_time": 1986, "return_home_power": 25}, "country": "CN", "elevation": 78.9, "gear": 1,
"height": 128.22119750976563, "home_distance": 0.08395953476428986, "horizontal_speed": 0,
"latitude": 22.793217667699324, "longitude": 114.35788532514945, "mode_code": 3,
"position_state": {"gps_number": 32, "is_fixed": 2, "quality": 5, "rtk_number": 48}, "rid_state": true,
"track_id": "1e6cbb25-52b6-4de5-8db8-6f82af559d77", "vertical_speed": 0, "wind_direction": 4, "wind_speed": 54}}"""
# DJI's own example of a topology (…/dock/device.html).
TOPOLOGY = b"""{"tid": "tid001", "bid": "bid001", "method": "update_topo", "timestamp": 1234567890123, "data": {
"type": 98, "sub_type": 0, "device_secret": "secret", "nonce": "nonce", "thing_version": "1.0.0", "sub_devices": [
{"sn": "drone001", "type": 116, "sub_type": 0, "index": "A", "device_secret": "secret", "nonce": "nonce",
"thing_version": "1.0.0"}]}}"""
# DJI's own example of an event that wants a reply (airsense_warning): its time has a digit too many.
EVENT = b"""{"bid": "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxx", "data": [{"altitude": 100, "altitude_type": 1,
"distance": 100, "heading": 89.1, "icao": "B-5931", "latitude": 12.23, "longitude": 12.23, "relative_altitude": 80,
"vert_trend": 0, "warning_level": 3}], "need_reply": 1, "tid": "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxx",
"timestamp": 16540709686556, "method": "airsense_warning"}"""
