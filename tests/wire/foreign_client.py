"""What a stranger does with the server: ADDRESS and TOKEN are the arguments, all else comes through reflection."""

import sys

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

address, token = sys.argv[1:]
channel = grpc.insecure_channel(address)
database = ProtoReflectionDescriptorDatabase(channel)
pool = descriptor_pool.DescriptorPool(database)
metadata = [("authorization", f"Bearer {token}")]


def call(service, method, fields, stream=False):
    found = pool.FindServiceByName(f"tidyward.v1.{service}").FindMethodByName(method)
    request = message_factory.GetMessageClass(found.input_type)
    answer = message_factory.GetMessageClass(found.output_type)
    kind = channel.unary_stream if stream else channel.unary_unary
    stub = kind(
        f"/tidyward.v1.{service}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )
    return stub(request(**fields), metadata=metadata, timeout=30)


services = database.get_services()
for service in ["GridService", "IssueService", "RuleService", "EvaluationService"]:
    assert f"tidyward.v1.{service}" in services, services

district = "districts/jinhua"
place = {"latitude": 29.1, "longitude": 119.6, "datum": "DATUM_WGS84"}
litter = {"category": "litter", "source": "ISSUE_SOURCE_HOTLINE", "position": place}
for number in range(5):
    report = {**litter, "description": f"bag {number}"}
    issue = call("IssueService", "ReportIssue", {"parent": district, "issue": report})
    assert issue.name.startswith(district + "/issues/"), issue
print("reported", issue.name)

try:
    call("IssueService", "ReportIssue", {"parent": district, "issue": {**litter, "position": {**place, "latitude": 123}}})
    raise SystemExit("a latitude of 123 was taken")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
    assert "issue.position.latitude" in error.details(), error.details()
    trailers = dict(error.trailing_metadata())
    assert b"issue.position.latitude" in trailers["grpc-status-details-bin"], trailers
    print("refused:", error.details())

try:
    raw = channel.unary_unary("/tidyward.v1.IssueService/ReportIssue")
    raw(b"\xff\xff\xff", metadata=metadata, timeout=30)
    raise SystemExit("three bytes of nonsense were taken")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
    assert b"MESSAGE_UNREADABLE" in dict(error.trailing_metadata())["grpc-status-details-bin"], error
    print("refused:", error.details())

first = call("IssueService", "ListIssues", {"parent": district, "page_size": 3})
second = call("IssueService", "ListIssues", {"parent": district, "page_size": 3, "page_token": first.next_page_token})
assert (len(first.issues), len(second.issues), second.next_page_token) == (3, 2, ""), (first, second)
print("two pages:", len(first.issues), "and", len(second.issues))

review = f"{district}/reviews/2020-q1"
call("RuleService", "ActivateRule", {"name": f"{district}/rules/case-rates/versions/1.0.0", "from_period": "2020-q1"})
call("EvaluationService", "CreateReview", {"parent": district, "period": "2020-q1"})
call("EvaluationService", "FreezeReview", {"name": review})
call("EvaluationService", "RunReview", {"name": review})
last = None
for last in call("EvaluationService", "WatchReview", {"name": review}, stream=True):
    print("progress:", last.percent)
assert last.review.state == 3 and not last.review.running, last
print("all was as expected")
