package corpus

// Renamed returns the ids that stand for another id's category, with that id:
// what Resolve calls RenamedID.
func (t *Taxonomy) Renamed() map[string]string {
	renamed := map[string]string{}
	for id, r := range t.index {
		if r.outcome == RenamedID {
			renamed[id] = t.Categories[r.label].ID
		}
	}
	return renamed
}
