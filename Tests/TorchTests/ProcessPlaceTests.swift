import Testing

@testable import Torch

@Suite struct ProcessPlaceTests {
  private static let environment = [
    "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "node1",
    "MASTER_PORT": "29400", "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "2",
  ]

  @Test func torchrunNamesIt() throws {
    let place = try #require(try ProcessPlace.named(by: Self.environment))
    #expect(place.rank == 3 && place.count == 4 && place.localRank == 1 && place.address == "node1:29400")
    #expect(!place.isOneMachine && place.isServed && place.attempt == 2)
  }

  @Test func anotherLauncherMayLeaveTheRestOut() throws {
    var environment = Self.environment.filter { ["RANK", "WORLD_SIZE", "MASTER_PORT"].contains($0.key) }
    environment["MASTER_ADDR"] = "localhost"
    let place = try #require(try ProcessPlace.named(by: environment))
    #expect(place.isOneMachine && !place.isServed && place.localRank == 3)
  }

  @Test func aProcessByItselfHasNone() throws {
    #expect(try ProcessPlace.named(by: [:]) == nil)
    #expect(try ProcessPlace.named(by: ["WORLD_SIZE": "4"]) == nil)
    #expect(try ProcessPlace.named(by: ["WORLD_SIZE": "1", "RANK": "0"]) == nil)
  }

  @Test(arguments: [
    ("RANK", "4", "a number from 0 to 3"), ("RANK", "-1", "a number from 0 to 3"), ("WORLD_SIZE", "many", "a number"),
    ("MASTER_PORT", "70000", "a number from 1 to 65535"), ("MASTER_ADDR", "", "the host"),
  ])
  func aWrongVariableIsNamed(_ variable: String, _ value: String, _ expected: String) throws {
    let environment = Self.environment.merging([variable: value]) { $1 }
    let error = try #require(throws: ProcessError.self) { try ProcessPlace.named(by: environment) }
    #expect(
      error.description.hasPrefix("environment variable \(variable) must be \(expected)")
        && error.description.hasSuffix("found '\(value)'"), "\(error)")
    let without = Self.environment.filter { $0.key != variable }
    if variable.hasPrefix("MASTER") {
      let missing = try #require(throws: ProcessError.self) { try ProcessPlace.named(by: without) }
      #expect(missing.description.hasSuffix("and is not set"), "\(missing)")
    }
  }
}
