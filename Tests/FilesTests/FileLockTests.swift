import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileLockTests {
  @Test func aLockIsHeldByOneAtATime() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("lock")
    let inner = try FileLock.holding(path) { try FileLock.holding(path) { true } }
    #expect(inner == .some(nil))
    #expect(try FileLock.holding(path) { 3 } == 3)
  }

  @Test func aLockSaysWhoHoldsItAndGoesWithItsFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("lock")
    // What a dead process left says nothing.
    try Data("process 1, long ago, and with a long text".utf8).write(to: URL(fileURLWithPath: path))
    var lock = try FileLock(path, holder: "me", isRemoved: true)
    #expect(lock != nil && FileLock.holder(of: path) == "me")
    #expect(try FileLock(path, holder: "another", isRemoved: true) == nil)
    #expect(FileLock.holder(of: path) == "me")
    lock = nil
    #expect(try folder.names.isEmpty)
  }

  @Test func aFolderThatIsNotThereIsNamed() throws {
    #expect(throws: FileError.unwritable(path: "/no/such/lock", reason: "No such file or directory")) {
      try FileLock.holding("/no/such/lock") {}
    }
  }
}
