package cdservice

// WaitTidied returns when the packs that earlier runs left are joined: git fsck does not like packs that go while it looks.
func (s *Service) WaitTidied() { <-s.tidied }
