"""Messages as they stand in public sources; pictures' bytes are shortened."""

PARKING = b"""{"MotorVehicleListObject": {"MotorVehicleObject": [{
 "MotorVehicleID": "33029902001210000118", "InfoKind": 1, "SourceID": "", "TollgateID": "", "DeviceID": "",
 "StorageUrl1": "http://172.16.0.50:8082/d/1000037$1$0$0/20200701/16/4151-58659-0.jpg", "MarkTime": "",
 "AppearTime": "", "HasPlate": "1", "PlateClass": "", "PlateColor": "", "PlateNo": "\xe6\xb5\x99BY6H39",
 "Speed": "", "VehicleClass": "", "PassTime": "20210411171337", "SafetyBelt": 0, "Calling": 0,
 "SubImageList": {"SubImageInfoObject": [{"Type": "02", "ImageID": "", "ShotTime": "", "FileFormat": "",
 "Data": "/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0"}
 ]}, "InOut": "in"}]}}"""
"""wzbwzt/study-go, test/police.md: what a parking site posts; 17:13:37 in China is 09:13:37 UTC."""

GATE = b"""{"MotorVehicleListObject": {"MotorVehicleObject": [{
 "MotorVehicleID": "330101010012100000010220171018080608022060269899", "InfoKind": 1, "TollgateID": "2141245",
 "SourceID": "33010101001210000001022017101808060802206", "DeviceID": "65010000001190000001",
 "StorageUrl1": "9527/upload/122/20130901/00/0524-NAS221-50151415-AS.jpg", "LaneNo": 1, "HasPlate": "1",
 "PlateClass": "99", "PlateColor": "99", "PlateNo": "\xe8\x8b\x8fNF5676", "Speed": 8, "Direction": "0",
 "VehicleClass": "1", "VehicleLength": 0, "NumOfPassenger": 2, "PassTime": "20160912220107",
 "PlateCharReliability": "\xe8\x8b\x8f-80,B-90,1-90,2-88,3-90,4-67,5-87",
 "SubImageList": {"SubImageInfoObject": [{"ImageID": "33020300001190000001022017122111111100001", "EventSort": 4,
 "DeviceID": "55220299011190000253", "StoragePath": "http://localhost:9080/testx_108_20170908/a2421c4f.jpg",
 "Type": "01", "FileFormat": "Jpeg", "ShotTime": "20170925032455", "Width": 437, "Height": 350}]}}]}}"""
"""A public generator of test traffic (the same object stands in several repositories): numbers where texts are meant,
a time of China, a speed of 8 km/h.
"""

CAMERA = b"""{"APEListObject": {"APEObject": [{"ApeID": "APE-001", "Name": "Cam-1", "Model": "M1",
 "IPAddr": "192.168.1.10", "IPV6Addr": null, "Port": 8001, "Longitude": 116.39, "Latitude": 39.90,
 "PlaceCode": "110000", "Place": "BJ", "OrgCode": "110101", "CapDirection": 0, "MonitorDirection": 1,
 "MonitorAreaDesc": "Gate", "IsOnline": 1, "OwnerApsID": "APS-001", "UserId": "admin", "Password": "pass",
 "FunctionType": "Capture", "PositionType": "Fixed"}]}}"""
"""A public test plan of a view library."""

NOWHERE = b"""{"APEListObject": {"APEObject": [{"ApeID": "33029902001210000007",
 "Name": "\xe5\x8d\x97\xe8\xbd\xa6\xe5\xba\x93\xe5\x85\xa5", "Longitude": 0, "Latitude": 0, "IsOnline": "1"}]}}"""
"""wzbwzt/study-go, test/police.md: a camera whose place was not filled in."""

FACE = b"""{"FaceListObject": {"FaceObject": [{"FaceID": "330102990111900002530220200618135738315600631561",
 "InfoKind": "1", "DeviceID": "33010299011190000253", "GenderCode": "1", "AgeUpLimit": 29, "GlassStyle": "99",
 "SubImageList": {"SubImageInfoObject": [{"ImageID": "33010299011190000253022020061813573831562", "Type": "11",
 "StoragePath": "http://192.168.33.12:9000/minio/test/33010299011190000253022020061813573831562.png"}]}}]}}"""
"""A public generator of test traffic."""
