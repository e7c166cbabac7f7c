import Files
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

  @Test func aFolderThatIsNotThereIsNamed() throws {
    #expect(throws: FileError.unwritable(path: "/no/such/lock", reason: "No such file or directory")) {
      try FileLock.holding("/no/such/lock") {}
    }
  }
}
